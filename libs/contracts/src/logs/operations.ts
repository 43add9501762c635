import { defineQuery } from '../define.js';
import { ActivityList, FollowLines, FollowedLines, LineList, ListActivity, ListLines } from './logs.v1.js';

export const listLines = defineQuery({ subject: 'qry.logs.line.list.v1', input: ListLines, output: LineList });
export const followLines = defineQuery({
  subject: 'qry.logs.line.follow.v1',
  input: FollowLines,
  output: FollowedLines,
});
export const listActivity = defineQuery({
  subject: 'qry.logs.activity.list.v1',
  input: ListActivity,
  output: ActivityList,
});

import { defineQuery } from '../define.js';
import { Nothing } from '../empty.js';
import { EnvironmentList, EnvironmentView, GetEnvironment } from './catalog.v1.js';

export const getEnvironment = defineQuery({
  subject: 'qry.catalog.environment.get.v1',
  input: GetEnvironment,
  output: EnvironmentView,
});
export const listEnvironments = defineQuery({
  subject: 'qry.catalog.environment.list.v1',
  input: Nothing,
  output: EnvironmentList,
});

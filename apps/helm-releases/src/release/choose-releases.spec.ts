import { describe, expect, it } from 'vitest';

import type { RecordHeader } from '../storage/release-store.js';
import { chosen, history, listed } from './choose-releases.js';

const record = (text: string): RecordHeader => {
  const [place = '', status = ''] = text.split(' ');
  const [namespace = '', name = '', revision = ''] = place.split(/[/.]/);
  return { namespace, name, revision: Number(revision), status, changedAt: 0 };
};
const records = (...texts: string[]): RecordHeader[] => texts.map(record);
const shown = (headers: readonly RecordHeader[]): string[] =>
  headers.map(({ namespace, name, revision, status }) => `${namespace}/${name}.${revision} ${status}`);

const ALL = records(
  'b/web.1 superseded',
  'b/web.2 deployed',
  'b/web.3 failed',
  'a/web.1 deployed',
  'a/old.4 uninstalled',
  'a/odd.1 shelved',
  'a/Zed.1 deployed',
  'a/up.9 superseded',
  'a/up.10 pending-upgrade',
);

describe('the list of releases', () => {
  it('has the highest revision of each, deployed and failed ones unless told otherwise, by name in the order of bytes', () => {
    expect(shown(listed(ALL))).toEqual(['a/Zed.1 deployed', 'a/web.1 deployed', 'b/web.3 failed']);
  });

  it.each([
    [['deployed'], ['a/Zed.1 deployed', 'a/web.1 deployed']],
    [['superseded'], ['a/up.9 superseded', 'b/web.1 superseded']],
    [
      ['superseded', 'superseded'],
      ['a/up.9 superseded', 'b/web.1 superseded'],
    ],
    [['superseded', 'pending-upgrade'], ['a/up.10 pending-upgrade']],
    [['unknown'], ['a/odd.1 shelved']],
    [
      ['mistyped', 'uninstalled'],
      ['a/odd.1 shelved', 'a/old.4 uninstalled'],
    ],
    [[], []],
  ])('with the statuses %j has %j', (statuses, expected) => {
    expect(shown(listed(ALL, statuses))).toEqual(expected);
  });
});

describe('the revision that is meant', () => {
  it.each([
    [0, 'b/web.2 deployed'],
    [1, 'a/web.1 deployed'],
    [3, 'b/web.3 failed'],
  ])('%i, of a name in two namespaces, is %s', (revision, expected) => {
    const web = ALL.filter(({ name }) => name === 'web');
    expect(shown([chosen(web, revision)].flatMap((one) => one ?? []))).toEqual([expected]);
  });

  it('0, of a release that is nowhere deployed, is the highest', () => {
    const up = ALL.filter(({ name }) => name === 'up');
    expect(chosen(up, 0)).toMatchObject({ revision: 10 });
    expect(chosen(up, 3)).toBeUndefined();
    expect(chosen([], 0)).toBeUndefined();
  });

  it('in a history comes after those before it, of whatever namespace', () => {
    const web = ALL.filter(({ name }) => name === 'web').reverse();
    expect(shown(history(web))).toEqual([
      'a/web.1 deployed',
      'b/web.1 superseded',
      'b/web.2 deployed',
      'b/web.3 failed',
    ]);
  });
});

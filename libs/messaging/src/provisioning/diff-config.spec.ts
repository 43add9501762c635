import { describe, expect, it } from 'vitest';

import { desiredStreams } from './desired.js';
import { describeDifference, diffConfig, diffStreamConfig } from './diff-config.js';

describe('the difference of configurations', () => {
  const [wants] = desiredStreams;
  if (!wants) throw new Error('there are streams');

  it('is nothing when all that is wanted is so, whatever else there is', () => {
    expect(diffStreamConfig({ ...wants, num_replicas: 3, description: 'x' }, wants)).toEqual([]);
  });

  it('names each setting with what it is and what it should be', () => {
    const differences = diffStreamConfig({ ...wants, max_msgs: -1, discard: 'old' }, wants);
    expect(differences).toEqual([
      { setting: 'discard', is: 'old', wants: 'new' },
      { setting: 'max_msgs', is: -1, wants: 100_000 },
    ]);
    expect(describeDifference('stream COMMANDS', differences)).toBe(
      'stream COMMANDS: discard is "old", wants "new"; max_msgs is -1, wants 100000',
    );
  });

  it('ignores the order of subjects, not which they are', () => {
    expect(diffConfig({ filter_subjects: ['b', 'a'] }, { filter_subjects: ['a', 'b'] })).toEqual([]);
    expect(diffConfig({ filter_subject: 'a' }, { filter_subjects: ['a'] })).toEqual([]);
    expect(diffConfig({ filter_subjects: ['a'] }, { filter_subjects: ['a', 'b'] })).toHaveLength(1);
    expect(diffConfig({}, { filter_subjects: ['a'] })).toHaveLength(1);
  });
});

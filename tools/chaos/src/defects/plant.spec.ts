import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { aids, defects, type Edit } from './defects.js';
import { planted } from './plant.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

describe('planted defects', () => {
  const all: [string, readonly Edit[]][] = [
    ...Object.entries(defects).map(([name, { edits }]): [string, readonly Edit[]] => [name, edits]),
    ...Object.entries(aids),
  ];
  it.each(all)('%s fits the code as it is compiled', (_, edits) => {
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const text = readFileSync(root + file, 'utf8');
      expect(
        planted(
          text,
          edits.filter((edit) => edit.file === file),
        ),
      ).not.toBe(text);
    }
  });

  it('are refused where the code has moved on', () => {
    const edit = { file: 'a.js', find: 'one', put: 'two' };
    expect(planted('one three', [edit])).toBe('two three');
    expect(() => planted('three', [edit])).toThrow('no longer fits a.js');
    expect(() => planted('one one', [edit])).toThrow('no longer fits a.js');
  });
});

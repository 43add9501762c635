import type { Edit } from './defects.js';

/** The text with its edits. @throws Error naming an edit whose text is not there exactly once: the code has moved on */
export function planted(text: string, edits: readonly Edit[]): string {
  return edits.reduce((edited, { file, find, put }) => {
    const [before, after, ...more] = edited.split(find);
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error(`a planted defect no longer fits ${file}: it does not hold "${find}" exactly once`);
    return before + put + after;
  }, text);
}

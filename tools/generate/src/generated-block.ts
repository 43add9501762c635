/**
 * Replaces what stands between `<!-- generated:<name> -->` and `<!-- /generated -->` in a document.
 *
 * @throws Error when the document has no such block
 */
export function withGeneratedBlock(document: string, name: string, text: string): string {
  const begin = `<!-- generated:${name} -->`;
  const end = '<!-- /generated -->';
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the document has no block ${begin} … ${end}`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}

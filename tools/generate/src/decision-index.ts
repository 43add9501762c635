/** The table of decision records, from the first line and the status line of each. */
export function decisionIndex(records: ReadonlyMap<string, string>): string {
  const rows = [...records]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, text]) => {
      const [, title] = /^# (.+)$/m.exec(text) ?? [];
      const [, status] = /^Status: (.+)$/m.exec(text) ?? [];
      if (!title || !status) throw new Error(`${file} needs a first line "# <title>" and a line "Status: <status>"`);
      return `| [${file.slice(0, 4)}](${file}) | ${title} | ${status} |`;
    });
  return ['| no. | decision | status |', '| --- | --- | --- |', ...rows].join('\n');
}

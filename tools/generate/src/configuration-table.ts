import { describeConfig, RuntimeConfig, type ServiceDefinition, type VariableRow } from '@slipway/runtime';

/** One row per variable, with the services that read it; those of every process last. */
export function configurationTable(services: readonly ServiceDefinition[]): string {
  const rows = new Map<string, { variable: VariableRow; readers: string[] }>();
  for (const { name, config } of services) {
    for (const variable of describeConfig(config)) {
      const row = rows.get(variable.name) ?? { variable, readers: [] };
      row.readers.push(name);
      rows.set(variable.name, row);
    }
  }
  for (const variable of describeConfig(RuntimeConfig))
    rows.set(variable.name, { variable, readers: ['every process'] });
  const lines = [...rows.values()].map(({ variable, readers }) => {
    const { name, type, required, description } = variable;
    const given = variable.default === '' ? '' : `\`${variable.default}\``;
    return `| \`${name}\` | ${readers.join(', ')} | ${type} | ${required} | ${given} | ${description} |`;
  });
  return [
    '| variable | read by | form | required | default | meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

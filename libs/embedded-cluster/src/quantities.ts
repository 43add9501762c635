const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** `500m`, `1.5Gi` or `2` as a number, undefined when it is no quantity. */
export function parseQuantity(text: string | number): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/.exec(String(text));
  if (!match) return undefined;
  return Number(match[1]) * (factors[match[2] ?? ''] ?? 1);
}

/** An amount as the real server writes it: of memory in the largest binary unit without a rest, of others in thousandths when needed. */
export function formatQuantity(amount: number, resource: string): string {
  if (!resource.endsWith('memory')) return Number.isInteger(amount) ? String(amount) : `${Math.round(amount * 1000)}m`;
  const unit = ['Pi', 'Ti', 'Gi', 'Mi', 'Ki'].find((name) => amount > 0 && amount % (factors[name] ?? 1) === 0);
  return unit ? `${amount / (factors[unit] ?? 1)}${unit}` : String(amount);
}

const decimalUnits = ['P', 'T', 'G', 'M', 'k'];
const binaryUnits = ['Pi', 'Ti', 'Gi', 'Mi', 'Ki'];

/** A quantity as the real server writes it back: `1500m` for 1.5, `1Gi` for 1024Mi. What is none stays as it is. */
export function canonicalQuantity(text: string): string {
  const amount = parseQuantity(text);
  if (amount === undefined || amount === 0 || /[eE]/.test(text)) return text;
  const units = text.endsWith('i') ? binaryUnits : decimalUnits;
  const fraction = ['m', 'u', 'n'].find((name) => isWhole(amount / (factors[name] ?? 1))) ?? 'n';
  const unit = isWhole(amount) ? (units.find((name) => isWhole(amount / (factors[name] ?? 1))) ?? '') : fraction;
  return `${Math.round(amount / (factors[unit] ?? 1))}${unit}`;
}

/** As exact as a number holds a quantity. */
function isWhole(amount: number): boolean {
  return Math.abs(amount) >= 1 && Math.abs(amount - Math.round(amount)) < 1e-6;
}

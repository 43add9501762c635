const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const NANO = 9;

/**
 * A Kubernetes quantity in billionths, rounded up as Kubernetes does: `100m` and `0.1` are equal. A number would not do: 700m is
 * not 0.7 in binary. `quantity` is one (`isQuantity`), or 0.
 */
export function billionths(quantity: string): bigint {
  const [, whole = '', fraction = '', suffix = ''] = /^(\d*)\.?(\d*)(.*)$/.exec(quantity) ?? [];
  const digits = BigInt(whole + fraction) * (BINARY[suffix] ?? 1n);
  const exponent = /^[eE]./.test(suffix) ? Number(suffix.slice(1)) : (DECIMAL[suffix] ?? 0);
  const shift = exponent - fraction.length + NANO;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return (digits + divisor - 1n) / divisor;
}

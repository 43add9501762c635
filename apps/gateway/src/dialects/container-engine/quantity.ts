const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The size of a Kubernetes quantity, to be compared with another one; NaN for what is none. */
export function sizeOfQuantity(text: string): number {
  const [, number = '', exponent = '', suffix = ''] =
    /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?([numkKMGTPE]i?)?$/.exec(text) ?? [];
  return number === '' ? NaN : Number(`${number}${exponent}`) * (SUFFIXES[suffix] ?? NaN);
}

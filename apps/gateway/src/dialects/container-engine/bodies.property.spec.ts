// The rules of the fields of a deployment, as properties: what the documented grammar makes is accepted, what is accepted is of that grammar.
import { validateInput } from '@slipway/messaging';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceptDeployment, acceptVariables } from './deployment-rules.js';
import { CreateDeployment, PatchVariables } from './deployments.dto.js';
import { toCreateApp, toSetVariables } from './deployments.projection.js';
import { Failure } from './errors.js';
import { Submitted } from './json-body.js';
import { pageOf, paginationOf } from './query.js';
import { wordIssue } from './rule-texts.js';

// The same cases each time; FAST_CHECK_SEED looks at others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) });

const valid = { app_name: 'shop', image: 'shop:1', port: 8080 };

/** The accepted body, or the answer that refuses it. */
function judge(body: object): CreateDeployment | number {
  const { value, issues } = validateInput(CreateDeployment, body);
  if (issues.some(({ kind }) => kind === 'shape')) return 422;
  return statusOr(() => acceptDeployment(new Submitted(CreateDeployment, value, issues.map(wordIssue)), 100));
}

function statusOr<T>(act: () => T): T | number {
  try {
    return act();
  } catch (error) {
    if (error instanceof Failure) return error.status;
    throw error;
  }
}

const isAccepted = (outcome: unknown): boolean => typeof outcome === 'object';
const of = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });

const lower = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';

describe('app_name', () => {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

  it('is any DNS-1123 label', () => {
    const inner = fc.tuple(of(lower + digits, 1, 1), of(`${lower}${digits}-`, 0, 61), of(lower + digits, 1, 1));
    fc.assert(fc.property(inner, (parts) => isAccepted(judge({ ...valid, app_name: parts.join('') }))));
  });

  it('is nothing else', () => {
    const near = fc.oneof(of(`${lower}${digits}-A._/ é`, 0, 70), fc.string({ unit: 'binary', maxLength: 70 }));
    fc.assert(
      fc.property(near, (app_name) => {
        expect(isAccepted(judge({ ...valid, app_name }))).toBe(label.test(app_name));
      }),
      { numRuns: 500 },
    );
  });
});

describe('image', () => {
  const part = fc
    .tuple(
      of(lower + digits, 1, 8),
      fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '--'), of(lower + digits, 1, 5)), { maxLength: 2 }),
    )
    .map(([first, more]) => first + more.flat().join(''));
  const host = fc
    .tuple(
      fc.constantFrom('localhost', 'registry.example.org', '10.0.0.1'),
      fc.option(fc.integer({ min: 1, max: 65_535 })),
    )
    .map(([name, port]) => (port === null ? name : `${name}:${port}`));
  const tag = of(`${lower}${digits}ABC_.-`, 1, 100).filter((text) => /^[A-Za-z0-9_]/.test(text));
  const digest = of('0123456789abcdef', 64, 64);
  const reference = fc
    .tuple(fc.option(host), fc.array(part, { minLength: 1, maxLength: 4 }), fc.option(tag), fc.option(digest))
    // A first part with a dot would be a host.
    .filter(([from, [first = '', ...more]]) => from !== null || more.length === 0 || !first.includes('.'))
    .map(
      ([from, path, tagged, hash]) =>
        `${from === null ? '' : `${from}/`}${path.join('/')}${tagged === null ? '' : `:${tagged}`}${hash === null ? '' : `@sha256:${hash}`}`,
    )
    .filter((text) => text.length <= 255);

  it('is any reference of host, path, tag and digest', () => {
    fc.assert(
      fc.property(reference, (image) => isAccepted(judge({ ...valid, image }))),
      { numRuns: 300 },
    );
  });

  it('is refused with 422 when a character is broken', () => {
    const broken = fc
      .tuple(reference, fc.nat(), fc.constantFrom(' ', '\n', '$', '?', '\\', 'É', '\0'))
      .map(([text, at, character]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + character + text.slice(place);
      });
    fc.assert(
      fc.property(broken, (image) => judge({ ...valid, image }) === 422),
      { numRuns: 300 },
    );
  });
});

describe('port', () => {
  it('is a whole number from 1 to 65535; another number is 400, another type 422', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.integer({ min: -2, max: 70_000 }), fc.double(), fc.jsonValue()), (port) => {
        const isWhole = typeof port === 'number' && Number.isInteger(port);
        const outcome = judge({ ...valid, port });
        if (isWhole) expect(isAccepted(outcome) || outcome).toBe(port >= 1 && port <= 65_535 ? true : 400);
        else expect(outcome).toBe(422);
      }),
      { numRuns: 500 },
    );
  });
});

describe('resources', () => {
  const units: Readonly<Record<string, number>> = {
    m: 1e-3,
    '': 1,
    k: 1e3,
    Ki: 2 ** 10,
    M: 1e6,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
  };
  const quantity = fc
    .tuple(fc.integer({ min: 1, max: 9_999 }), fc.constantFrom(...Object.keys(units)))
    .map(([amount, unit]) => ({ text: `${amount}${unit}`, size: amount * (units[unit] ?? 1) }));

  it('are any positive quantities, as long as no request is above its limit', () => {
    fc.assert(
      fc.property(quantity, quantity, (request, limit) => {
        const outcome = judge({ ...valid, resources: { memory_request: request.text, memory_limit: limit.text } });
        expect(isAccepted(outcome) || outcome).toBe(request.size > limit.size ? 400 : true);
      }),
      { numRuns: 300 },
    );
  });

  it('are kept as written', () => {
    fc.assert(
      fc.property(quantity, ({ text }) => {
        const body = judge({ ...valid, resources: { cpu: text } }) as CreateDeployment;
        expect(toCreateApp(body).containers[0]?.resources).toEqual({ cpuRequest: text, cpuLimit: text });
      }),
    );
  });
});

describe('env_vars', () => {
  const name = fc
    .tuple(of(`${lower}ABC_`, 1, 1), of(`${lower}ABC_${digits}`, 0, 30))
    .map((parts) => parts.join(''))
    .filter((text) => text !== '__proto__' && text !== 'constructor');
  const text = fc.string({ unit: 'grapheme', maxLength: 50 }).filter((one) => !one.includes('\0'));

  it('arrive as they were sent, whatever names JavaScript gives a meaning', () => {
    const names = fc.oneof(
      name,
      fc.constantFrom('toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'length'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(names, text), { selector: ([one]) => one }), (pairs) => {
        const body = judge({ ...valid, env_vars: Object.fromEntries(pairs) }) as CreateDeployment;
        const sent = toCreateApp(body).containers[0]?.variables ?? [];
        expect(new Map(sent.map((one) => [one.name, one.value]))).toEqual(new Map(pairs));
      }),
      { numRuns: 300 },
    );
  });

  it('are set or taken away by a patch, each name once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, fc.option(text)), { selector: ([one]) => one }), (pairs) => {
        const { value, issues } = validateInput(PatchVariables, { env_vars: Object.fromEntries(pairs) });
        const accepted = acceptVariables(new Submitted(PatchVariables, value, issues.map(wordIssue)));
        const { set, unset } = toSetVariables(accepted);
        expect(
          new Map<string, string | null>([
            ...set.map((one) => [one.name, one.value] as const),
            ...unset.map((one) => [one, null] as const),
          ]),
        ).toEqual(new Map(pairs));
      }),
    );
  });

  it('are refused with 400 by a bad name', () => {
    const bad = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .filter((one) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(one));
    fc.assert(fc.property(bad, (one) => judge({ ...valid, env_vars: Object.fromEntries([[one, '']]) }) === 400));
  });
});

describe('pagination', () => {
  it('covers every row once', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.integer({ min: 1, max: 300 }), (total, limit) => {
        const page = pageOf(new URLSearchParams({ limit: String(limit) }));
        const { total_pages } = paginationOf(page, total);
        expect(page.limit).toBe(Math.min(limit, 100));
        expect(total_pages * page.limit).toBeGreaterThanOrEqual(total);
        expect((total_pages - 1) * page.limit).toBeLessThan(Math.max(total, 1));
      }),
    );
  });

  it('takes whole numbers of at least 1, and refuses all else with 400', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer().map(String), fc.string({ maxLength: 6 })), (page) => {
        const outcome = statusOr(() => pageOf(new URLSearchParams({ page })));
        expect(isAccepted(outcome) || outcome).toBe(/^\+?\d+$/.test(page) && Number(page) >= 1 ? true : 400);
      }),
      { numRuns: 500 },
    );
  });
});

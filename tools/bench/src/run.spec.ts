import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { figure, type Scenario } from './benchmark.js';
import { scenarioText } from './report/text.js';
import { reasonToVoid, runScenario } from './run.js';

const stage = { tell: () => undefined, besideDriver: [] };

function scenarioOf(sides: Record<string, () => number>, acts: string[] = []): Scenario {
  return {
    name: 'a scenario',
    sides: Object.entries(sides).map(([name, value]) => ({
      name,
      measure: async () => {
        acts.push(name);
        // A driver rests most of the time; in an instant it would seem to be busy all the time.
        await delay(10);
        return { perSecond: value() };
      },
    })),
    limits: [
      {
        name: 'rate',
        unit: '×',
        better: 'higher',
        gate: 0.5,
        of: (round) => figure(round, 'slipway', 'perSecond') / figure(round, 'bare', 'perSecond'),
      },
    ],
    open: async () => void acts.push('open'),
    close: async () => void acts.push('close'),
  };
}

describe('runScenario', () => {
  it('measures every side in every round, in turn, each of them first as often as the others', async () => {
    const acts: string[] = [];
    await runScenario('B0', scenarioOf({ slipway: () => 1, bare: () => 1 }, acts), stage, 4);
    expect(acts).toEqual('open slipway bare bare slipway slipway bare bare slipway close'.split(' '));
  });

  it('judges the ratio of each round, whatever the machine did in it', async () => {
    const speeds = [100, 10, 40];
    let index = 0;
    const bare = () => speeds[Math.floor(index++ / 2)] ?? 0;
    const slipway = () => 0.6 * bare();
    const { judged, void: reason } = await runScenario('B0', scenarioOf({ slipway, bare }), stage, 3);
    expect(judged[0]?.min).toBeCloseTo(0.6);
    expect(judged[0]?.max).toBeCloseTo(0.6);
    expect(judged[0]?.verdict).toBe('gate');
    expect(reason).toBeUndefined();
  });

  it('tells how busy the driver was while it measured', async () => {
    const burnedSeconds = 0.1;
    const burn = () => {
      const before = process.cpuUsage();
      while (process.cpuUsage(before).user < burnedSeconds * 1e6);
      return 1;
    };
    const burning = scenarioOf({ slipway: burn, bare: () => 1 });
    const resting: Scenario = { ...burning, sides: [{ name: 'slipway', measure: () => delay(300, { perSecond: 1 }) }] };
    const began = performance.now();
    const busy = await runScenario('B0', burning, stage, 1);
    const seconds = (performance.now() - began) / 1000;
    const idle = await runScenario('B0', { ...resting, limits: [] }, stage, 1);
    expect(busy.rounds[0]?.slipway?.driverLoad).toBeGreaterThanOrEqual(burnedSeconds / seconds);
    expect(idle.rounds[0]?.slipway?.driverLoad).toBeGreaterThan(0);
    expect(idle.rounds[0]?.slipway?.driverLoad).toBeLessThan(0.8);
  });

  it('tells a limit that cannot be looked at here with its reason, and judges it never', async () => {
    const skipped = { 'against a peer': 'there is no peer' };
    const result = await runScenario('B0', { ...scenarioOf({ slipway: () => 1, bare: () => 1 }), skipped }, stage, 1);
    expect(result.judged.map(({ name }) => name)).toEqual(['rate']);
    expect(scenarioText(result)).toMatch(/\n {4}against a peer +SKIPPED: there is no peer$/);
  });

  it('closes what it opened when a side fails', async () => {
    const acts: string[] = [];
    const failing = scenarioOf(
      {
        slipway: () => {
          throw new Error('a line is missing');
        },
      },
      acts,
    );
    await expect(runScenario('B0', failing, stage, 1)).rejects.toThrow('a line is missing');
    expect(acts).toEqual(['open', 'slipway', 'close']);
  });
});

describe('reasonToVoid', () => {
  const round = (driverLoad: number) => ({ slipway: { driverLoad: 0.4 }, bare: { driverLoad } });

  it('is a driver that used its whole core in one round', () => {
    expect(reasonToVoid([round(0.5), round(0.97), round(0.5)])).toBe('the driver used 97 % of its core');
  });

  it('is none as long as the driver had time left', () => {
    expect(reasonToVoid([round(0.5), round(0.89)])).toBeUndefined();
  });
});

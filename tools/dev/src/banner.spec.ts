import { spawnSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { banner, type BannerFacts } from './banner.js';

const facts: BannerFacts = {
  user: { url: 'http://localhost:3000', email: 'a@b', username: 'a', password: 'pw', apiKey: 'ce_dev_key' },
  dataDir: '/d',
  logFile: '/d/slipway.log',
  parts: ['PostgreSQL on 127.0.0.1:5', 'NATS on 127.0.0.1:6'],
  cluster: { simulated: true, kubeconfig: '/d/kubeconfig.yaml' },
  processes: false,
  secondsToReady: 2.34,
};
const curlLines = banner(facts)
  .split('\n')
  .filter((line) => /curl/.test(line));

describe('the banner', () => {
  it('has lines with the key filled in that a shell takes as they are', () => {
    expect(curlLines).toHaveLength(4);
    for (const line of curlLines) {
      expect(line).toContain("-H 'Authorization: Bearer ce_dev_key'");
      expect(spawnSync('sh', ['-n'], { input: line }).status).toBe(0);
    }
  });

  it('cuts the id out of the answer to the first one', () => {
    const cut = /\| grep .*(?=\))/.exec(curlLines[0] ?? '')?.[0];
    const answer = `{"id":"0d5c0a0e-0000-4000-8000-000000000000","app_name":"hello","status":"pending"}`;
    expect(spawnSync('sh', ['-c', `cat ${cut}`], { input: answer, encoding: 'utf8' }).stdout.trim()).toBe(
      '0d5c0a0e-0000-4000-8000-000000000000',
    );
  });

  it('says that the embedded cluster only simulates, and how to use a real one', () => {
    expect(banner(facts)).toMatch(/only simulates containers.*npm start -- --kubeconfig/);
  });

  it('tells how to reach an app in a real cluster without an ingress', () => {
    const real = (ingressAnswers: boolean): string =>
      banner({ ...facts, cluster: { simulated: false, kubectl: 'kubectl --kubeconfig /k', ingressAnswers } });
    expect(real(false)).toContain('kubectl --kubeconfig /k port-forward -n');
    expect(real(true)).not.toContain('port-forward');
    expect(real(true)).toContain('http://<app name>.apps.localhost');
  });
});

// A forgotten password, over a real SMTP server: what its owner does, and what of it can be found anywhere afterwards.
import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { filesOf } from './fixture/canary.js';
import { type Instance, startInstance } from './fixture/instance.js';
import { type MailServer, startMailServer } from './fixture/mail-server.js';
import { HttpClient } from './http-client.js';

let mail: MailServer;
let instance: Instance;

beforeAll(async () => {
  mail = await startMailServer();
  instance = await startInstance({ env: mail.env });
}, 90_000);
afterAll(async () => {
  await instance.close();
  await mail.close();
});

async function tokenMailedTo(address: string, before = 0): Promise<string> {
  const { text } = await waitFor(() => mail.mails.filter(({ to }) => to === address)[before]);
  return /\/reset-password\?token=([A-Za-z0-9_-]{43})\s/.exec(text)?.[1] ?? '';
}

function filesWith(folder: string, text: string): string[] {
  return filesOf(folder)
    .filter((file) => file.text.includes(text))
    .map(({ name }) => name);
}

describe('a forgotten password', () => {
  const email = 'kim@example.org';
  const password = 'correct horse';
  const anybody = () => new HttpClient(instance.url);
  const login = async (secret: string) =>
    (await anybody().send('POST', '/v1/auth/login', { email, password: secret })).status;

  it('is reset by mail: sessions end, keys live on, the token is good once and found nowhere', async () => {
    const account = { username: 'kim', email, password, confirm_password: password };
    const registered = await anybody().send('POST', '/v1/auth/register', account);
    const session = anybody().with(String(registered.body.access_token));
    const key = anybody().with(String((await session.send('POST', '/v1/api-keys', { name: 'ci' })).body.key));

    expect((await anybody().send('POST', '/v1/auth/forgot-password', { email })).status).toBe(200);
    const token = await tokenMailedTo(email);
    const reset = { token, new_password: 'a better horse', confirm_password: 'a better horse' };
    expect(await anybody().send('POST', '/v1/auth/reset-password', reset)).toMatchObject({
      status: 200,
      body: { message: 'Password reset successfully' },
    });

    expect((await session.send('GET', '/v1/user/profile')).status).toBe(401);
    expect((await key.send('GET', '/v1/user/profile')).status).toBe(200);
    const refresh = { refresh_token: String(registered.body.refresh_token) };
    expect((await anybody().send('POST', '/v1/auth/refresh', refresh)).status).toBe(401);
    expect([await login(password), await login('a better horse')]).toEqual([401, 200]);
    expect(await anybody().send('POST', '/v1/auth/reset-password', reset)).toMatchObject({
      status: 400,
      body: { error: { message: 'Invalid or expired reset token', details: 'used' } },
    });

    // In neither log nor stream, which the user's id, told there, shows to be searched.
    expect(filesWith(instance.dataDir, String(registered.body.id))).not.toEqual([]);
    expect(filesWith(instance.dataDir, token)).toEqual([]);
  }, 60_000);

  it('ends keys too when asked, and takes the token of the newest mail alone', async () => {
    const client = anybody();
    const { body } = await client.send('POST', '/v1/auth/login', { email, password: 'a better horse' });
    const session = client.with(String(body.access_token));
    const key = client.with(String((await session.send('POST', '/v1/api-keys', { name: 'ci' })).body.key));
    const earlier = mail.mails.filter(({ to }) => to === email).length;
    await client.send('POST', '/v1/auth/forgot-password', { email });
    const older = await tokenMailedTo(email, earlier);
    await client.send('POST', '/v1/auth/forgot-password', { email });
    const newer = await tokenMailedTo(email, earlier + 1);
    const asked = (token: string) => ({ token, new_password: 'the best horse', revoke_api_keys: true });
    expect((await client.send('POST', '/v1/auth/reset-password', asked(older))).body).toMatchObject({
      error: { details: 'expired' },
    });
    expect((await client.send('POST', '/v1/auth/reset-password', asked(newer))).status).toBe(200);
    expect((await key.send('GET', '/v1/user/profile')).status).toBe(401);
  }, 60_000);

  it('is not told from an address that nobody has', async () => {
    const ask = async (address: string) => {
      const { status, body } = await anybody().send('POST', '/v1/auth/forgot-password', { email: address });
      return { status, body };
    };
    expect(await ask(email)).toEqual(await ask('nobody@example.org'));
  }, 60_000);

  it('leads to no mail when its owner only changes the address, but the old one is told', async () => {
    const { body } = await anybody().send('POST', '/v1/auth/login', { email, password: 'the best horse' });
    const session = anybody().with(String(body.access_token));
    expect((await session.send('PUT', '/v1/user/profile', { email: 'kim@example.net' })).status).toBe(200);
    const told = await waitFor(() =>
      mail.mails.find(({ to, text }) => to === email && text.includes('kim@example.net')),
    );
    expect(told.text).toContain('was changed');
  }, 60_000);
});

import { describe, expect, it } from 'vitest';

import { interpolate, readCompose, readVariables } from './read-compose.js';

describe('read docker-compose.yml', () => {
  it('puts in variables, defaults and shared parts', () => {
    const services = readCompose(
      `
x-app: &app { image: i, depends_on: { one: {} } }
services:
  two: { <<: *app, command: [a], environment: { A: 'x-\${V:?}', B: '\${W:-1}', C: 3000 } }
  one: { image: j }`,
      { V: 'v' },
    );
    expect(services.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(services[1]).toMatchObject({ image: 'i', command: ['a'], environment: { A: 'x-v', B: '1', C: '3000' } });
  });

  it('names a variable that is missing, and services that wait for each other', () => {
    expect(() => interpolate('${V:?}', {})).toThrow('docker-compose.yml needs V');
    const circle = 'services: { a: { image: i, depends_on: { b: {} } }, b: { image: i, depends_on: { a: {} } } }';
    expect(() => readCompose(circle, {})).toThrow('wait for each other');
  });

  it('puts in a default that holds another variable', () => {
    const text = '${URL:-http://localhost:${PORT:-3000}}/x';
    expect(interpolate(text, {})).toBe('http://localhost:3000/x');
    expect(interpolate(text, { PORT: '8080' })).toBe('http://localhost:8080/x');
    expect(interpolate(text, { PORT: '8080', URL: 'u' })).toBe('u/x');
  });

  it('reads values that hold an equals sign', () => {
    expect(readVariables('KEY=1:ab==\n\nB=c\n')).toEqual({ KEY: '1:ab==', B: 'c' });
  });
});

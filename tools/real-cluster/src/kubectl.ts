import { spawn } from 'node:child_process';

/** Runs kubectl to its end, with `input` as its standard input, and answers what it printed. Throws its last words. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

export function kubectlFor(binary: string, kubeconfig: string): Kubectl {
  return (args, input = '') =>
    new Promise((resolve, reject) => {
      const child = spawn(binary, ['--kubeconfig', kubeconfig, ...args]);
      let output = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve(output) : reject(new Error(`kubectl ${args.join(' ')}: ${errors.trim()}`)),
      );
      child.stdin.end(input);
    });
}

/** Objects as `kubectl apply -f -` takes them. */
export function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

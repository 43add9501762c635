// `node --import …/loader.js` with SLIPWAY_DEFECT=D2: plants that defect in the code as it is loaded.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

import { aids, defects } from './defects.js';
import { planted } from './plant.js';

const { SLIPWAY_DEFECT = '' } = process.env;
const all = defects[SLIPWAY_DEFECT]?.edits ?? aids[SLIPWAY_DEFECT];
if (!all) throw new Error(`there is no defect ${SLIPWAY_DEFECT}; there are ${Object.keys(defects).join(', ')}`);

registerHooks({
  load: (url, context, nextLoad) => {
    const edits = url.startsWith('file:') ? all.filter(({ file }) => url.endsWith(`/${file}`)) : [];
    if (edits.length === 0) return nextLoad(url, context);
    return { format: 'module', shortCircuit: true, source: planted(readFileSync(fileURLToPath(url), 'utf8'), edits) };
  },
});

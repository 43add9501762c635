// `node --import …/loader.js` with SLIPWAY_DEFECT=D2: plants that defect in the code as it is loaded.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

import { defects } from './defects.js';
import { planted } from './plant.js';

const { SLIPWAY_DEFECT = '' } = process.env;
const defect = defects[SLIPWAY_DEFECT];
if (!defect) throw new Error(`there is no defect ${SLIPWAY_DEFECT}; there are ${Object.keys(defects).join(', ')}`);

registerHooks({
  load: (url, context, nextLoad) => {
    const edits = url.startsWith('file:') ? defect.edits.filter(({ file }) => url.endsWith(`/${file}`)) : [];
    if (edits.length === 0) return nextLoad(url, context);
    return { format: 'module', shortCircuit: true, source: planted(readFileSync(fileURLToPath(url), 'utf8'), edits) };
  },
});

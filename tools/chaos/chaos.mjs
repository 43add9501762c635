// What `npm run chaos` runs. Compiles first: what is broken is what `npm start` runs.
import { runTool } from '../dev/launch/run-tool.mjs';

await runTool('tools/chaos/dist/main.js');

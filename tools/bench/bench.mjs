// What `npm run bench` runs. Compiles first: what is measured is what `npm start` runs.
import { runTool } from '../dev/launch/run-tool.mjs';

await runTool('tools/bench/dist/main.js');

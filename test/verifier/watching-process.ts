import { Scene } from './scene.ts';

// Ends by itself, unless the watching keeps it alive
const scene = new Scene();
scene.verifier.watch(await scene.send(), () => process.exit(1));

#!/usr/bin/env node
/** Starts `vopr` from dist/. Committed as executable: a rebuild cannot lose the mode. */
import { start } from './start.mjs';

await start('vopr');

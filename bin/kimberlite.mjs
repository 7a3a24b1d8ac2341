#!/usr/bin/env node
/** Starts `kimberlite` from dist/. Committed and executable, so a rebuild cannot lose its mode bit. */
import { start } from './start.mjs';

await start('kimberlite');

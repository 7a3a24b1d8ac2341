/**
 * Identity of this build: a digest of the bundled core and simulator sources, put in by the build.
 * Traces carry it, so that a trace of another build says so when it no longer reproduces.
 */
declare const KIMBERLITE_BUILD: string | undefined;

/** 12 hex digits; `source` where nothing was built (tests on the sources). */
export const BUILD: string = typeof KIMBERLITE_BUILD === 'string' ? KIMBERLITE_BUILD : 'source';

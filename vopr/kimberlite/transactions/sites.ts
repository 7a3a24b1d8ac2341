/**
 * Sites of the draws that make a transaction. It is either a program over the plain tables or one
 * of a family's, never both, so that these draw at the same sites.
 */
export const SITE_PROGRAM = 500;
export const SITE_ID = 501;
export const SITE_AMOUNT = 511;
export const SITE_END = 512;
export const SITE_FORM = 513;
export const SITE_VALUE = 520;
/** Values of one statement, from `SITE_VALUE` on. */
export const VALUES = 16;

/** SHA-224, SHA-384 and SHA-512 (FIPS 180-4), for SQL's functions of these names. */
export { sha224, sha384, sha512 } from '@noble/hashes/sha2.js';

/** The loader inside libpg-query, which has no types of its own: makes a new instance each time. */
declare module 'libpg-query/wasm/libpg-query.js' {
  const loadLibrary: () => Promise<{
    readonly HEAPU8: Uint8Array;
    readonly HEAPU32: Uint32Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _wasm_parse_query_raw(text: number): number;
    _wasm_free_parse_result(result: number): void;
    UTF8ToString(pointer: number): string;
  }>;
  export default loadLibrary;
}

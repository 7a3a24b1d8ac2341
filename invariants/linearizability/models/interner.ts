/** Gives each distinct text a small integer, in order of first use: exact, unlike a hash. */
export class Interner {
  readonly #ids: Map<string, number> = new Map();
  readonly #texts: string[] = [];

  idOf(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#texts.length;
      this.#ids.set(text, id);
      this.#texts.push(text);
    }
    return id;
  }

  textOf(id: number): string {
    return this.#texts[id]!;
  }
}

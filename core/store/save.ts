/**
 * Saving a tree: every changed node goes to a page of its own, children before parents, so that
 * each parent can hold its children's numbers and checksums.
 *
 * Cost: one hash and one write per changed page; only used bytes are hashed. The recursion is as
 * deep as the tree.
 */
import type { Checksummer } from '../codec/prepare.ts';
import { writeU32 } from '../codec/bytes.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, write128 } from '../types/hash128.ts';
import type { Allocator } from './allocator.ts';
import { REF_BYTES, cellAreaFrom } from './cell.ts';
import { chainPages, writeChain } from './chain.ts';
import type { Chain, Node } from './node.ts';
import { writeNode } from './node.ts';
import type { PageFile } from './page-file.ts';
import { takeImage } from './page-file.ts';
import { PAGE_NONE } from './page.ts';
import type { Tree } from './tree.ts';

export interface Saving {
  readonly file: PageFile;
  readonly allocator: Allocator;
  readonly hash: Checksummer;
  /** Told of every page number given out: what was thought of its old content is void. */
  allocated(tenant: number, page: number): void;
}

/** Saves what changed since the last save; the tree's root reference is the new one then. */
export function saveTree(tree: Tree, op: number, to: Saving): void {
  if (tree.root === null || tree.root.page !== PAGE_NONE) {
    assert(!tree.dirty || tree.rootPage === PAGE_NONE, 'a changed tree is in memory or empty');
  } else {
    tree.rootChecksum = saveNode(tree.tenant, tree.root, op, to);
    tree.rootPage = tree.root.page;
  }
  tree.dirty = false;
}

function saveNode(tenant: number, node: Node, op: number, to: Saving): Hash128 {
  for (let i = 0; i < node.children.length; i += 1) {
    const child = node.children[i]!;
    if (child === null || child.page !== PAGE_NONE) continue;
    const checksum = saveNode(tenant, child, op, to);
    writeRef(node, i, child.page, checksum);
  }
  if (node.chains !== null) saveChains(tenant, node, op, to);
  const page = allocatePage(tenant, op, to);
  const image = takeImage(to.file.pageBytes);
  const used = writeNode(node, image, tenant, page);
  const checksum = to.hash.checksum128(image, 0, used);
  to.file.write(page, image);
  node.page = page;
  return checksum;
}

function saveChains(tenant: number, node: Node, op: number, to: Saving): void {
  const chains = node.chains;
  assert(chains !== null && chains.length === node.cells.length, 'chains stand beside cells');
  for (let i = 0; i < chains.length; i += 1) {
    const chain = chains[i]!;
    if (chain === null || chain.pages.length > 0) continue;
    const checksum = saveChain(tenant, chain, op, to);
    writeRef(node, i, chain.pages[0]!, checksum);
    writeU32(node.heap, cellAreaFrom(node.heap, node.cells[i]!) + REF_BYTES, chain.bytes.length);
  }
}

function saveChain(tenant: number, chain: Chain, op: number, to: Saving): Hash128 {
  const count = chainPages(chain.bytes.length, to.file.pageBytes);
  for (let i = 0; i < count; i += 1) chain.pages.push(allocatePage(tenant, op, to));
  return writeChain(chain.bytes, chain.pages, tenant, to.file, to.hash);
}

export function allocatePage(tenant: number, op: number, to: Saving): number {
  const page = to.allocator.allocate(op);
  to.allocated(tenant, page);
  return page;
}

function writeRef(node: Node, index: number, page: number, checksum: Hash128): void {
  assert(page !== PAGE_NONE && checksum !== ZERO128, 'a reference is to a saved page');
  const ref = cellAreaFrom(node.heap, node.cells[index]!);
  writeU32(node.heap, ref, page);
  write128(checksum, node.heap, ref + 4);
}

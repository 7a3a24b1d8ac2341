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

/** What `PagedStore.relieve` did: nothing was due, or some of it, or the rest. */
export const RELIEF_NONE = 0;
export const RELIEF_MORE = 1;
export const RELIEF_DONE = 2;

/** How many more pages may be written; what comes in one piece (a value) may exceed it. */
export interface PageBudget {
  left: number;
}

/** All that there is. */
export const ALL_PAGES: PageBudget = { left: Number.POSITIVE_INFINITY };

/**
 * Saves what changed since the last save; the tree's root reference is the new one then. False: the
 * budget is used up. Where every page goes does not depend on it, if nothing changes until the
 * next call, which goes on from there.
 */
export function saveTree(tree: Tree, op: number, to: Saving, budget: PageBudget): boolean {
  if (tree.root === null || tree.root.page !== PAGE_NONE) {
    assert(!tree.dirty || tree.rootPage === PAGE_NONE, 'a changed tree is in memory or empty');
  } else {
    const checksum = saveNode(tree.tenant, tree.root, op, to, budget);
    if (checksum === null) return false;
    tree.rootChecksum = checksum;
    tree.rootPage = tree.root.page;
  }
  tree.dirty = false;
  return true;
}

/** Null: the budget is used up. Children that were saved have their pages, so they stay so. */
function saveNode(
  tenant: number,
  node: Node,
  op: number,
  to: Saving,
  budget: PageBudget,
): Hash128 | null {
  for (let i = 0; i < node.children.length; i += 1) {
    const child = node.children[i]!;
    if (child === null || child.page !== PAGE_NONE) continue;
    const checksum = saveNode(tenant, child, op, to, budget);
    if (checksum === null) return null;
    writeRef(node, i, child.page, checksum);
  }
  if (budget.left <= 0) return null;
  budget.left -= 1;
  if (node.chains !== null) saveChains(tenant, node, op, to, budget);
  const page = allocatePage(tenant, op, to);
  const image = takeImage(to.file.pageBytes);
  const used = writeNode(node, image, tenant, page);
  const checksum = to.hash.checksum128(image, 0, used);
  to.file.write(page, image);
  node.page = page;
  return checksum;
}

function saveChains(tenant: number, node: Node, op: number, to: Saving, budget: PageBudget): void {
  const chains = node.chains;
  assert(chains !== null && chains.length === node.cells.length, 'chains stand beside cells');
  for (let i = 0; i < chains.length; i += 1) {
    const chain = chains[i]!;
    if (chain === null || chain.pages.length > 0) continue;
    const checksum = saveChain(tenant, chain, op, to);
    budget.left -= chain.pages.length;
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

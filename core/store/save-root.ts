/**
 * Saving the root of a checkpoint: tenant 0's tree, its record, and the page that commits to all of
 * it.
 */
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128 } from '../types/hash128.ts';
import { chainPages, writeChain } from './chain.ts';
import { encodeRecord, recordBytesMax } from './directory.ts';
import { takeImage } from './page-file.ts';
import { PAGE_NONE, PAGE_ROOT, sealPage } from './page.ts';
import type { RecordHash } from './record-hash.ts';
import type { Root } from './root.ts';
import { ROOT_RECORD_FROM, writeRoot } from './root.ts';
import { ALL_PAGES, allocatePage, saveTree } from './save.ts';
import type { StoreTenant } from './store-tenant.ts';

/** What the node fixes about a checkpoint. */
export interface Cut {
  readonly op: number;
  readonly timestamp: number;
  readonly head: Hash128;
}

export interface RootRef {
  readonly page: number;
  readonly checksum: Hash128;
}

/** A root's place, and the pages of its record when that is not in it. */
interface RootPages {
  readonly ref: RootRef;
  readonly chain: number[];
}

export interface SavedRoot extends RootPages {
  readonly root: Root;
}

export function saveRoot(
  system: StoreTenant,
  cut: Cut,
  cluster: Hash128,
  stateHash: RecordHash,
  previous: RootPages,
): SavedRoot {
  const { record, tree, allocator, file, hash } = system;
  const { pageBytes } = file;
  if (previous.ref.page !== PAGE_NONE) allocator.supersede(previous.ref.page);
  for (const page of previous.chain) allocator.supersede(page);
  allocator.settle();
  saveTree(tree, cut.op, system, ALL_PAGES);
  record.rootPage = tree.rootPage;
  record.rootChecksum = tree.rootChecksum;
  // Pages first, list after: giving out a page only ever shortens the list that has to fit.
  const page = allocatePage(0, cut.op, system);
  const bytesMax = recordBytesMax(record);
  const chain: number[] = [];
  const inPlace = ROOT_RECORD_FROM + bytesMax <= pageBytes;
  const count = inPlace ? 0 : chainPages(bytesMax, pageBytes);
  for (let i = 0; i < count; i += 1) chain.push(allocatePage(0, cut.op, system));
  allocator.seal(cut.op);
  const image = takeImage(pageBytes);
  const bytes = inPlace ? image : new Uint8Array(bytesMax);
  const from = inPlace ? ROOT_RECORD_FROM : 0;
  const end = encodeRecord(record, bytes, from);
  const chainChecksum = inPlace
    ? ZERO128
    : writeChain(bytes.subarray(0, end), chain, 0, file, hash);
  const root: Root = {
    op: cut.op,
    timestamp: cut.timestamp,
    head: cut.head,
    cluster,
    stateHashA: stateHash.a,
    stateHashB: stateHash.b,
    recordBytes: end - from,
    chainPage: inPlace ? PAGE_NONE : chain[0]!,
    chainChecksum,
  };
  writeRoot(root, image);
  const used = inPlace ? end : ROOT_RECORD_FROM;
  sealPage(image, PAGE_ROOT, 0, used, 0, page);
  const checksum = hash.checksum128(image, 0, used);
  file.write(page, image);
  return { root, ref: { page, checksum }, chain };
}

/**
 * `kimberlite.json`: what a directory is to `kimberlite start`. Either one server's, with its data
 * under `data/`, or a local cluster's, which names the directories of its servers.
 *
 *   server   version 1, cluster (32 hex digits), replica (which of the members this one is),
 *            members (each: peer, client, http; all HOST:PORT), development (true: loopback only,
 *            nobody is asked for a key), tls (certificate, key, authority: PEM files), admin (user,
 *            key, sha256: the first admin's key, of which only the hash is kept)
 *   cluster  version 1, cluster, replicas (folders in this directory)
 *
 * An unknown key is an error, and every error is one line that names the key. Reading changes
 * nothing.
 */
import type { Hash128 } from '../../core/types/hash128.ts';
import { hex128, parse128 } from '../../core/types/hash128.ts';
import { parseEndpoint } from '../cluster-network.ts';
import type { Endpoint } from '../tcp-network.ts';
import { Fields, isObject } from './fields.ts';
import type { Json, JsonObject } from './fields.ts';

export const CONFIG_FILE = 'kimberlite.json';
/** In a server's directory: what the node keeps. */
export const DATA_FOLDER = 'data';
export const CONFIG_VERSION = 1;
export const MEMBERS_MAX = 6;

/** The three addresses of a member. */
export interface Member {
  /** For the other members. */
  readonly peer: Endpoint;
  /** For clients. */
  readonly client: Endpoint;
  /** /metrics, /health and /ready. */
  readonly http: Endpoint;
}

/** PEM files, relative to the directory, or absolute. Servers prove themselves by them. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Who must have signed the other members' certificates. */
  readonly authority: string;
}

/** The key of the first admin, who is made when the cluster first runs. */
export interface FirstAdmin {
  readonly user: string;
  /** The key's id, which is no secret. */
  readonly key: string;
  /** Of the key's secret part, in hex. */
  readonly sha256: string;
}

export interface ServerConfig {
  readonly kind: 'server';
  readonly cluster: Hash128;
  readonly replica: number;
  readonly members: readonly Member[];
  readonly development: boolean;
  readonly tls: TlsFiles | null;
  readonly admin: FirstAdmin | null;
}

export interface ClusterConfig {
  readonly kind: 'cluster';
  readonly cluster: Hash128;
  /** Folders, one a server, in the order of their replicas. */
  readonly replicas: readonly string[];
}

export type Config = ServerConfig | ClusterConfig;

/** The configuration in a text, or what is wrong with it, a line each. */
export function parseConfig(text: string): Config | readonly string[] {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    return [`it is no JSON: ${(error as Error).message.split('\n')[0]!}`];
  }
  if (!isObject(value)) return ['it is no JSON object'];
  const { version } = value;
  if (typeof version === 'number' && version > CONFIG_VERSION) {
    return [`"version" is ${version}, of a newer build; this one reads up to ${CONFIG_VERSION}`];
  }
  const errors: string[] = [];
  const config = Object.hasOwn(value, 'replicas')
    ? readCluster(value, errors)
    : readServer(value, errors);
  return errors.length > 0 || config === null ? errors : config;
}

function readCluster(object: JsonObject, errors: string[]): ClusterConfig | null {
  const fields = new Fields(object, '', errors);
  fields.integer('version', CONFIG_VERSION, CONFIG_VERSION);
  const cluster = readCluster128(fields);
  const replicas = fields.list('replicas', 1, MEMBERS_MAX) ?? [];
  const named = replicas.filter((each) => typeof each === 'string' && /^[\w-]+$/.test(each));
  if (named.length < replicas.length || new Set(named).size < named.length) {
    fields.refuse('replicas', 'must name different folders of this directory');
  }
  fields.end();
  if (cluster === null) return null;
  return { kind: 'cluster', cluster, replicas: named.map(String) };
}

function readServer(object: JsonObject, errors: string[]): ServerConfig | null {
  const fields = new Fields(object, '', errors);
  fields.integer('version', CONFIG_VERSION, CONFIG_VERSION);
  const cluster = readCluster128(fields);
  const members = readMembers(fields, errors);
  const replica = fields.integer('replica', 0, Math.max(0, members.length - 1));
  const development = fields.has('development') ? fields.boolean('development') : false;
  const tls = fields.has('tls') ? readTls(fields.inner('tls')) : null;
  const admin = fields.has('admin') ? readAdmin(fields.inner('admin')) : null;
  if (errors.length === 0) checkOpenness(fields, members, development === true, tls !== null);
  fields.end();
  if (cluster === null || replica === null || development === null) return null;
  return { kind: 'server', cluster, replica, members, development, tls, admin };
}

function readCluster128(fields: Fields): Hash128 | null {
  const text = fields.text('cluster', '32 hex digits');
  if (text === null) return null;
  return parse128(text) ?? fields.refuse('cluster', 'must be 32 hex digits');
}

function readMembers(fields: Fields, errors: string[]): readonly Member[] {
  const list = fields.list('members', 1, MEMBERS_MAX) ?? [];
  const members: Member[] = [];
  const taken: Set<string> = new Set();
  for (const [index, each] of list.entries()) {
    const name = `members[${index}]`;
    if (!isObject(each)) {
      fields.refuse(name, 'must be an object with "peer", "client" and "http"');
      continue;
    }
    const inner = new Fields(each, name, errors);
    const peer = readEndpoint(inner, 'peer', taken);
    const client = readEndpoint(inner, 'client', taken);
    const http = readEndpoint(inner, 'http', taken);
    inner.end();
    if (peer !== null && client !== null && http !== null) members.push({ peer, client, http });
  }
  return members;
}

function readEndpoint(fields: Fields, name: string, taken: Set<string>): Endpoint | null {
  const text = fields.text(name, 'HOST:PORT');
  if (text === null) return null;
  const endpoint = parseEndpoint(text);
  if (endpoint === null) return fields.refuse(name, `must be HOST:PORT, not "${text}"`);
  if (taken.has(text)) return fields.refuse(name, `is ${text}, which is taken by another`);
  taken.add(text);
  return endpoint;
}

function readTls(fields: Fields | null): TlsFiles | null {
  if (fields === null) return null;
  const certificate = fields.text('certificate', 'a PEM file');
  const key = fields.text('key', 'a PEM file');
  const authority = fields.text('authority', 'a PEM file');
  fields.end();
  if (certificate === null || key === null || authority === null) return null;
  return { certificate, key, authority };
}

function readAdmin(fields: Fields | null): FirstAdmin | null {
  if (fields === null) return null;
  const user = fields.text('user', 'a name');
  const key = fields.text('key', 'the id of a key');
  const sha256 = fields.text('sha256', '64 hex digits');
  if (sha256 !== null && !/^[\da-f]{64}$/.test(sha256)) {
    fields.refuse('sha256', 'must be 64 hex digits');
  }
  fields.end();
  if (user === null || key === null || sha256 === null) return null;
  return { user, key, sha256 };
}

/** Keys in plain text never leave the machine, and what asks nobody for a key stays on it. */
function checkOpenness(
  fields: Fields,
  members: readonly Member[],
  development: boolean,
  hasTls: boolean,
): void {
  for (const [index, { peer, client, http }] of members.entries()) {
    for (const [name, endpoint] of Object.entries({ peer, client, http })) {
      if (isLoopback(endpoint.host)) continue;
      const key = `members[${index}].${name}`;
      if (development)
        fields.refuse(key, 'must be on loopback: "development" asks nobody for a key');
      else if (!hasTls && name !== 'http') fields.refuse(key, 'is not on loopback: it needs "tls"');
    }
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The text of a file with this configuration, as people would write it. */
export function formatConfig(config: Config): string {
  const { kind: _, cluster, ...rest } = config;
  const object: Record<string, unknown> = { version: CONFIG_VERSION, cluster: hex128(cluster) };
  Object.assign(object, rest);
  if (config.kind === 'server') {
    object['members'] = config.members.map((member) => ({
      peer: formatEndpoint(member.peer),
      client: formatEndpoint(member.client),
      http: formatEndpoint(member.http),
    }));
    if (config.tls === null) delete object['tls'];
    if (config.admin === null) delete object['admin'];
  }
  return `${JSON.stringify(object, null, 2)}\n`;
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Three etcd servers on loopback, as Debian's package installs them, and a client over gRPC: HTTP/2
 * from Node.js, and the two messages that are measured (Put, Range) written by hand, so that no
 * library's cost is taken for etcd's. Reads are linearizable, as they are by default.
 */
import { execFileSync, spawn } from 'node:child_process';
import { connect as connectHttp2, constants } from 'node:http2';
import { join } from 'node:path';
import { patiently, stop } from './postgres-cluster.mjs';

const MEMBERS = 3;
const FIELD_KEY = 0x0a;
const FIELD_VALUE = 0x12;
/** Of a frame of gRPC: compressed u8, length u32. */
const PREFIX_BYTES = 5;

/** `{ name, connect(), stop() }`, or a text: what is missing. `ports`: six that are free. */
export async function startEtcdCluster(directory, ports) {
  let version;
  try {
    version = /etcd Version: (\S+)/.exec(execFileSync('etcd', ['--version']).toString())[1];
  } catch {
    return 'etcd is not installed (apt-get install etcd-server)';
  }
  const url = (port) => `http://127.0.0.1:${port}`;
  const names = Array.from({ length: MEMBERS }, (_, i) => `member${i}`);
  const cluster = names.map((name, i) => `${name}=${url(ports[MEMBERS + i])}`).join(',');
  const servers = names.map((name, i) => {
    const flags = {
      name,
      'data-dir': join(directory, name),
      'listen-client-urls': url(ports[i]),
      'advertise-client-urls': url(ports[i]),
      'listen-peer-urls': url(ports[MEMBERS + i]),
      'initial-advertise-peer-urls': url(ports[MEMBERS + i]),
      'initial-cluster': cluster,
      'log-level': 'error',
    };
    const list = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    // Architectures other than amd64 and arm64 must be asked for; ours may be any.
    const env = { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch };
    return spawn('etcd', list, { stdio: 'ignore', env });
  });
  const leader = await patiently(async () => {
    for (let i = 0; i < MEMBERS; i += 1) if (await isLeader(url(ports[i]))) return i;
    throw new Error('etcd has no leader');
  });
  return {
    name: `etcd ${version}, three members`,
    // As ours and PostgreSQL's: straight to the one that decides.
    connect: () => connected(url(ports[leader])),
    stop: () => stop(servers, directory, 'SIGTERM'),
  };
}

async function isLeader(address) {
  const client = await connected(address);
  try {
    const status = fields(await client.call('Maintenance/Status', new Uint8Array(0)));
    const header = fields(status.get(1));
    return header.get(2) === status.get(4);
  } finally {
    client.end();
  }
}

/** `{ put(key, value), get(key), end() }`. */
async function connected(address) {
  const session = connectHttp2(address);
  await new Promise((resolve, reject) => session.once('connect', resolve).once('error', reject));
  const call = (method, message) => request(session, method, message);
  return {
    call,
    put: (key, value) => call('KV/Put', pair(key, value)),
    get: async (key) => fields(await call('KV/Range', pair(key, null))).get(2),
    end: () => session.close(),
  };
}

function request(session, method, message) {
  const body = Buffer.alloc(PREFIX_BYTES + message.length);
  body.writeUInt32BE(message.length, 1);
  body.set(message, PREFIX_BYTES);
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: `/etcdserverpb.${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks = [];
    let status;
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('trailers', (trailers) => (status = trailers['grpc-status']));
    stream.on('error', reject);
    stream.on('end', () => {
      if (status !== undefined && Number(status) === 0) {
        resolve(Buffer.concat(chunks).subarray(PREFIX_BYTES));
      } else reject(new Error(`etcd: ${method}: gRPC status ${status}`));
    });
    stream.end(body);
  });
}

/** A PutRequest, or with no value a RangeRequest: the key is field 1 of both. */
function pair(key, value) {
  const parts = [];
  for (const [tag, text] of [
    [FIELD_KEY, key],
    [FIELD_VALUE, value],
  ]) {
    if (text === null) continue;
    const bytes = Buffer.from(text);
    parts.push(Buffer.of(tag), varint(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function varint(number) {
  const bytes = [];
  for (let rest = number; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.of(...bytes, rest);
    bytes.push((rest % 128) + 128);
  }
}

/** A message's fields by number: varints as bigint, the rest as bytes; repeated: the last. */
function fields(bytes) {
  const found = new Map();
  let at = 0;
  const read = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(read());
    if ((tag & 7) === 0) found.set(tag >> 3, read());
    else {
      const length = Number(read());
      found.set(tag >> 3, bytes.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}

import { test, onTestFinished } from 'vitest';
import { make128 } from '../core/types/hash128.ts';
import { buildForTest } from './testing/build.ts';
import { CLUSTER_LIMITS } from './testing/cluster-limits.ts';
import { TestCluster } from './testing/cluster.ts';
import { freePorts } from './testing/ports.ts';
import { tempDirectory } from './testing/temp-directory.ts';
import { Workload } from './testing/workload.ts';
const CLUSTER = make128(1,2,3,4);
test('bench', { timeout: 120_000 }, async () => {
    const script = await buildForTest(`import './shells/testing/replica-process.ts';`);
    const directory = tempDirectory();
    const ports = await freePorts(3);
    const cluster = new TestCluster({ script, directory, cluster: CLUSTER, ports });
    onTestFinished(() => cluster.killAll());
    await cluster.format();
    await Promise.all([0, 1, 2].map((index) => cluster.start(index)));
    const t0 = performance.now();
    const workload = new Workload({ cluster: CLUSTER, peers: cluster.peers, limits: CLUSTER_LIMITS, seed: 1,
      clients: Number(process.env.CLIENTS ?? 16), events: 20000, eventsPerAppend: 8, tenants: 3, streamsPerTenant: 4 });
    const work = workload.run();
    const marks: string[] = [];
    for (let e = 1; e <= 20000; e += 1000) { await workload.reached(e); marks.push(((performance.now() - t0)/1000).toFixed(2)); }
    await work;
    const s = (performance.now() - t0) / 1000;
    console.log(`${workload.acknowledged.length} appends ${s.toFixed(2)} s ${Math.round(workload.acknowledged.length / s)}/s; ${marks.join(' ')}`);
    console.log(cluster.describe()); for (const r of cluster.replicas) { const c = r.process!; r.process = null; const g = new Promise((res) => c.once("exit", res)); c.disconnect(); await g; }
});

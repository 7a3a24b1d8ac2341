import { test, onTestFinished } from 'vitest';
import { make128 } from '../core/types/hash128.ts';
import { buildForTest } from './testing/build.ts';
import { CLUSTER_LIMITS } from './testing/cluster-limits.ts';
import { TestCluster } from './testing/cluster.ts';
import { freePorts } from './testing/ports.ts';
import { tempDirectory } from './testing/temp-directory.ts';
import { Workload } from './testing/workload.ts';
const CLUSTER = make128(1,2,3,4);
test('kill', { timeout: 120_000 }, async () => {
    const script = await buildForTest(`import './shells/testing/replica-process.ts';`);
    const directory = tempDirectory();
    const ports = await freePorts(3);
    const cluster = new TestCluster({ script, directory, cluster: CLUSTER, ports });
    onTestFinished(() => cluster.killAll());
    await cluster.format();
    const t0 = performance.now();
    const log: string[] = [];
    const say = (s: string) => log.push(`${((performance.now() - t0) / 1000).toFixed(2)} ${s}`);
    for (const r of cluster.replicas) { const push = r.lines.push.bind(r.lines); r.lines.push = (...x: string[]) => { say(`r${r.index} ${x.join('').slice(0,40)}`); return push(...x); }; }
    await Promise.all([0, 1, 2].map((index) => cluster.start(index)));
    const workload = new Workload({ cluster: CLUSTER, peers: cluster.peers, limits: CLUSTER_LIMITS, seed: 1,
      clients: 16, events: 20000, eventsPerAppend: 8, tenants: 3, streamsPerTenant: 4 });
    const work = workload.run();
    await workload.reached(4000);
    for (let i = 0; i < 3; i++) {
      const p = cluster.primary(); const at = workload.eventsAcknowledged;
      say(`kill primary ${p}`);
      await cluster.kill(p);
      await workload.reached(at + 1); say('ack');
      await workload.reached(workload.eventsAcknowledged + 2000); say('2000 more; restart');
      await cluster.start(p);
      await workload.reached(workload.eventsAcknowledged + 1000); say('1000 more');
    }
    cluster.watch();
    await work; say('done');
    console.log(log.join('\n'));
});

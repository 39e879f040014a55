// SPDX-License-Identifier: MIT

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;

/**
 * What a Java program of `make bench-peers` does: one command a line in, one line of JSON out. The protocol is told in
 * bench/peers/README.md; bench/peers/harness.h does the same in C. The loops are hand-made, not JMH's: they have to take
 * turns with programs in other languages. The driver warms each of them up first, and drops those rounds.
 */
final class Harness {
    /** Calls between two looks at the time. */
    private static final int BLOCK = 1000;

    /** A reason not to run something. */
    static final class Skip extends Exception {
        private static final long serialVersionUID = 1;

        Skip(String why) {
            super(why);
        }
    }

    /** A command: its first word, and the "name=value" words behind it. */
    static final class Request {
        final String command;
        private final Map<String, String> words = new HashMap<>();

        Request(String line) {
            String[] parts = line.trim().split("\\s+");
            command = parts[0];
            for (int i = 1; i < parts.length; i++) {
                int equals = parts[i].indexOf('=');
                words.put(parts[i].substring(0, equals), parts[i].substring(equals + 1));
            }
        }

        String text(String name) {
            return words.getOrDefault(name, "");
        }

        long number(String name) {
            return words.containsKey(name) ? Long.parseLong(words.get(name)) : 0;
        }

        /** Loops stay open from round to round: the line less its threads and time names them. */
        String loopName() {
            return String.join(" ", text("work"), text("clock"), text("variant"), text("keys"), text("batch"));
        }
    }

    /** Makes calls for one thread and says how many were granted. */
    interface Loop {
        int block(int thread, int calls);
    }

    /** A bucket that is told the time. */
    interface TestBucket {
        boolean take(long timeNs);

        long waitNs(long timeNs);
    }

    /** A bucket that reads its own clock, shared by threads. */
    interface SharedBucket {
        boolean take();
    }

    interface Peer {
        String name();

        String version();

        Loop openLoop(Request request) throws Skip;

        TestBucket openBucket(Request request) throws Skip;

        SharedBucket openShared(Request request) throws Skip;
    }

    /** The last step of SplitMix64 (Steele, Lea, Flood, 2014). */
    static long mix(long i) {
        long z = i + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    private Harness() {
    }

    private static String time(Loop loop, Request request) throws Exception {
        int threads = (int) Math.max(1, request.number("threads"));
        long spanNs = request.number("ms") * 1_000_000;
        long[][] sums = new long[threads][];
        CyclicBarrier barrier = new CyclicBarrier(threads);
        Thread[] others = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            int thread = i;
            others[i] = new Thread(() -> sums[thread] = run(loop, thread, spanNs, barrier));
            others[i].start();
        }
        long calls = 0, granted = 0, ns = 0;
        for (int i = 0; i < threads; i++) {
            others[i].join();
            calls += sums[i][0];
            granted += sums[i][1];
            ns += sums[i][2];
        }
        return String.format("{\"ns\": %.4f, \"calls\": %d, \"granted\": %d, \"bytes\": 0}", (double) ns / calls, calls,
                granted);
    }

    private static long[] run(Loop loop, int thread, long spanNs, CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        long calls = 0, granted = 0, start = System.nanoTime(), ns;
        do {
            granted += loop.block(thread, BLOCK);
            calls += BLOCK;
            ns = System.nanoTime() - start;
        } while (ns < spanNs);
        return new long[] {calls, granted, ns};
    }

    /** Takes until denied, at most so many times. */
    private static long empty(TestBucket bucket, long timeNs, long most) {
        long taken = 0;
        while (taken < most && bucket.take(timeNs))
            taken++;
        return taken;
    }

    private static String window(TestBucket bucket, Request request) {
        long timeNs = request.number("uptime_ns"), cap = request.number("cap"), admitted = 0;
        if (timeNs > 0)
            bucket.take(0);
        long drained = empty(bucket, timeNs, 2 * request.number("burst") + 100);
        for (long i = request.number("steps"); i > 0 && admitted < cap; i--) {
            timeNs += request.number("step_ns");
            admitted += empty(bucket, timeNs, cap - admitted);
        }
        return String.format("{\"drained\": %d, \"admitted\": %d}", drained, admitted);
    }

    private static String back(TestBucket bucket, Request request) {
        long timeNs = request.number("uptime_ns"), cap = request.number("cap");
        long before = empty(bucket, timeNs, request.number("burst") - 1);
        long earlier = empty(bucket, timeNs - request.number("step_ns"), cap);
        long again = empty(bucket, timeNs, cap);
        return String.format("{\"admitted\": %d}", before + earlier + again);
    }

    private static String waited(TestBucket bucket, Request request) {
        long timeNs = request.number("uptime_ns");
        empty(bucket, timeNs, 2 * request.number("burst") + 100);
        long told = bucket.waitNs(timeNs);
        return String.format("{\"wait_ns\": %d, \"granted\": %d}", told, bucket.take(timeNs + told) ? 1 : 0);
    }

    private static String shared(Peer peer, Request request) throws Exception {
        long start = System.nanoTime(), spanNs = request.number("ms") * 1_000_000;
        SharedBucket bucket = peer.openShared(request);
        int threads = (int) request.number("threads");
        long[][] sums = new long[threads][];
        Thread[] takers = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            int thread = i;
            takers[i] = new Thread(() -> {
                long admitted = 0, calls = 0;
                while (System.nanoTime() - start < spanNs) {
                    for (int call = 0; call < 100; call++)
                        admitted += bucket.take() ? 1 : 0;
                    calls += 100;
                }
                sums[thread] = new long[] {admitted, calls};
            });
            takers[i].start();
        }
        long admitted = 0, calls = 0;
        for (int i = 0; i < threads; i++) {
            takers[i].join();
            admitted += sums[i][0];
            calls += sums[i][1];
        }
        return String.format("{\"admitted\": %d, \"calls\": %d, \"elapsed_ns\": %d}", admitted, calls,
                System.nanoTime() - start);
    }

    private static String answer(Peer peer, Map<String, Loop> loops, Request request) throws Exception {
        switch (request.command) {
            case "about":
                return String.format("{\"peer\": \"%s\", \"version\": \"%s\", \"toolchain\": \"%s\"}", peer.name(),
                        peer.version(), "Java " + Runtime.version());
            case "drop":
                loops.clear();
                System.gc();
                return "{}";
            case "shared":
                return shared(peer, request);
            case "time":
                Loop loop = loops.get(request.loopName());
                if (loop == null) {
                    loop = peer.openLoop(request);
                    loops.put(request.loopName(), loop);
                }
                return time(loop, request);
            case "window":
                return window(peer.openBucket(request), request);
            case "back":
                return back(peer.openBucket(request), request);
            case "wait":
                return waited(peer.openBucket(request), request);
            default:
                throw new Skip("no such command");
        }
    }

    /** Answers until the end of the input. */
    static void serve(Peer peer) throws IOException {
        Map<String, Loop> loops = new HashMap<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                System.out.println(answer(peer, loops, new Request(line)));
            } catch (Skip skip) {
                System.out.println("{\"skip\": \"" + skip.getMessage() + "\"}");
            } catch (Exception e) {
                System.out.println("{\"skip\": \"" + String.valueOf(e.getMessage()).replace('"', '\'') + "\"}");
            }
        }
    }
}

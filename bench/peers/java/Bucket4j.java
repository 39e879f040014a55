// SPDX-License-Identifier: MIT

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.local.LocalBucketBuilder;
import io.github.bucket4j.local.SynchronizationStrategy;
import java.time.Duration;

/** The Java library bucket4j, beside libopenclaw in `make bench-peers`. */
final class Bucket4j implements Harness.Peer {
    private static final Duration YEAR = Duration.ofSeconds(31_557_600);

    /** A clock that is told the time. */
    private static final class GivenTime implements TimeMeter {
        volatile long timeNs;

        @Override
        public long currentTimeNanos() {
            return timeNs;
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }

    private static Bucket bucket(SynchronizationStrategy strategy, TimeMeter time, int bandwidths, long capacity,
            long tokens, Duration period) {
        LocalBucketBuilder builder = Bucket.builder().withCustomTimePrecision(time).withSynchronizationStrategy(strategy);
        for (int i = 0; i < bandwidths; i++) {
            // Bandwidths of one bucket have to differ.
            builder.addLimit(Bandwidth.builder().capacity(capacity + i).refillGreedy(tokens + i, period).build());
        }
        return builder.build();
    }

    private static int takes(Bucket bucket, int calls) {
        int granted = 0;
        for (int i = 0; i < calls; i++)
            granted += bucket.tryConsume(1) ? 1 : 0;
        return granted;
    }

    private static int mixed(Bucket[] both, byte[] coin, int calls) {
        int granted = 0;
        for (int i = 0; i < calls; i++)
            granted += both[coin[i]].tryConsume(1) ? 1 : 0;
        return granted;
    }

    private static int reads(TimeMeter time, int calls) {
        long sum = 0;
        for (int i = 0; i < calls; i++)
            sum += time.currentTimeNanos();
        return sum != 0 ? calls : 0;
    }

    @Override
    public String name() {
        return "bucket4j";
    }

    @Override
    public String version() {
        return "8.19.0";
    }

    @Override
    public Harness.Loop openLoop(Harness.Request request) throws Harness.Skip {
        TimeMeter time;
        switch (request.text("clock")) {
            case "monotonic":
                time = TimeMeter.SYSTEM_NANOTIME;
                break;
            case "given":
                time = new GivenTime();
                break;
            default:
                throw new Harness.Skip("no such clock");
        }
        SynchronizationStrategy strategy = request.text("variant").equals("synchronized")
                ? SynchronizationStrategy.SYNCHRONIZED : SynchronizationStrategy.LOCK_FREE;
        int bandwidths = request.text("work").equals("bundle") ? 3 : 1;
        Bucket grants = bucket(strategy, time, bandwidths, 4_000_000_000L, 1_000_000, Duration.ofSeconds(1));
        Bucket denies = bucket(strategy, time, 1, 1, 1, YEAR);
        denies.tryConsume(1);
        switch (request.text("work")) {
            case "clock":
                return (thread, calls) -> reads(time, calls);
            case "granted":
            case "bundle":
                return (thread, calls) -> takes(grants, calls);
            case "denied":
                return (thread, calls) -> takes(denies, calls);
            case "mixed":
                Bucket[] both = {denies, grants};
                byte[] coin = new byte[4096];
                for (int i = 0; i < coin.length; i++)
                    coin[i] = (byte) (Harness.mix(i) & 1);
                return (thread, calls) -> mixed(both, coin, calls);
            default:
                throw new Harness.Skip("no such work");
        }
    }

    private static Bucket tested(Harness.Request request, TimeMeter time) {
        return bucket(SynchronizationStrategy.LOCK_FREE, time, 1, request.number("burst"), request.number("tokens"),
                Duration.ofNanos(request.number("period_ns")));
    }

    @Override
    public Harness.TestBucket openBucket(Harness.Request request) {
        GivenTime time = new GivenTime();
        Bucket bucket = tested(request, time);
        return new Harness.TestBucket() {
            @Override
            public boolean take(long timeNs) {
                time.timeNs = timeNs;
                return bucket.tryConsume(1);
            }

            @Override
            public long waitNs(long timeNs) {
                time.timeNs = timeNs;
                return bucket.estimateAbilityToConsume(1).getNanosToWaitForRefill();
            }
        };
    }

    @Override
    public Harness.SharedBucket openShared(Harness.Request request) {
        Bucket bucket = tested(request, TimeMeter.SYSTEM_NANOTIME);
        return () -> bucket.tryConsume(1);
    }

    public static void main(String[] arguments) throws java.io.IOException {
        Harness.serve(new Bucket4j());
    }
}

using Insula.Linux.Kernel;

namespace Insula.Linux.Tests.Kernel;

public sealed class MachineUseTests
{
    [Fact]
    public void Waiting_is_not_work_and_a_guest_s_time_counts_once()
    {
        var use = MachineUse.Parse(
            "cpu  100 10 50 9000 500 3 2 5 100 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n",
            "MemTotal:        1000 kB\nMemFree:          200 kB\nMemAvailable:     700 kB\nInactive:         400 kB\nInactive(file):   300 kB\n");
        Assert.Equal(TimeSpan.FromSeconds(1.7), use.Busy);
        Assert.Equal(500 * 1024, use.WorkingSetBytes);
    }

    [Fact]
    public void This_machine_can_be_read()
    {
        var before = MachineUse.Read();
        Assert.True(before.Busy > TimeSpan.Zero);
        Assert.True(before.WorkingSetBytes > 0);
        Assert.True(MachineUse.Read().Busy >= before.Busy);
    }
}

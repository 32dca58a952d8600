using Insula.Linux.LibC;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>That a thread of the daemon which stays in a pod's namespaces would be seen; each instance looks for one at its end, and after each crash.</summary>
public sealed class ThreadTests
{
    [Fact]
    public void Who_is_away_is_seen()
    {
        using var away = new ManualResetEventSlim();
        using var enough = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            if (sched.unshare(sched.CLONE_NEWNET) == 0)
            {
                away.Set();
                enough.Wait();
            }
        })
        { IsBackground = true, Name = "wanderer" };
        thread.Start();
        try
        {
            Assert.True(away.Wait(TimeSpan.FromSeconds(30)), "the network namespace cannot be left");
            Assert.Contains("thread \"wanderer\" of the daemon is in another net namespace", Leaks.ThreadsAway(Environment.ProcessId));
        }
        finally
        {
            enough.Set();
        }
    }
}

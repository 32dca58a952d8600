using System.Runtime.InteropServices;
using Insula.Linux.Cgroups;
using Insula.Linux.LibC;

namespace Insula.SystemTests.Linux;

/// <summary>Device filters as this kernel loads them.</summary>
public sealed partial class DeviceFilterKernelTests
{
    private const int Continue = 18; // SIGCONT: the runtime handles it

    [Fact]
    public async Task A_filter_is_loaded_though_signals_interrupt_the_kernel()
    {
        // As those of children that end, of which a daemon has many: the kernel gives up checking a program when one is pending.
        using var handled = PosixSignalRegistration.Create(PosixSignal.SIGCONT, context => context.Cancel = true);
        using var done = new CancellationTokenSource();
        var id = new TaskCompletionSource<int>();
        var loads = Task.Factory.StartNew(
            () =>
            {
                id.SetResult(unistd.gettid());
                var program = DeviceFilter.Build(DeviceFilter.Defaults);
                for (var i = 0; i < 500; i++)
                {
                    DeviceFilter.Load(program).Dispose();
                }
            },
            TaskCreationOptions.LongRunning);
        var loader = await id.Task;
        var signals = Task.Run(() =>
        {
            while (!done.IsCancellationRequested && tgkill(Environment.ProcessId, loader, Continue) == 0)
            {
            }
        });
        await loads;
        await done.CancelAsync();
        await signals;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tgkill(int process, int thread, int signal);
}

using System.Diagnostics;
using System.Globalization;

namespace Insula.SystemTests.Harness;

/// <summary>A process of nobody's, which has a number of the test's choice: clone3(2) with <c>set_tid</c>.</summary>
public sealed class NumberedProcess : IDisposable
{
    private const string Script = """
        import ctypes, os, struct, sys
        libc = ctypes.CDLL(None, use_errno=True)
        number = ctypes.c_int(int(sys.argv[1]))
        SIGCHLD, SYS_clone3 = 17, 435
        arguments = ctypes.create_string_buffer(struct.pack("11Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, ctypes.addressof(number), 1, 0))
        pid = libc.syscall(SYS_clone3, arguments, 88)
        if pid < 0:
            sys.exit("clone3: " + os.strerror(ctypes.get_errno()))
        if pid == 0:
            os.execvp("cat", ["cat"])
        os.waitpid(pid, 0)
        """;

    private readonly Process _parent;

    private NumberedProcess(Process parent, int pid) => (_parent, Pid) = (parent, pid);

    public int Pid { get; }

    /// <summary>Starts it; the number must be free.</summary>
    public static async Task<NumberedProcess> StartAsync(int pid)
    {
        var start = new ProcessStartInfo("python3", ["-c", Script, pid.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = new NumberedProcess(Process.Start(start)!, pid);
        await process.AnswersAsync();
        return process;
    }

    /// <summary>Asserts that it runs: nothing that was killed answers.</summary>
    public async Task AnswersAsync()
    {
        await _parent.StandardInput.WriteLineAsync("alive");
        await _parent.StandardInput.FlushAsync();
        Assert.Equal("alive", await _parent.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline));
        Assert.Equal("cat", (await File.ReadAllTextAsync($"/proc/{Pid}/comm")).Trim());
    }

    public void Dispose()
    {
        _parent.StandardInput.Close(); // the end of its input ends it, and its end the parent
        _parent.WaitForExit();
        _parent.Dispose();
    }
}

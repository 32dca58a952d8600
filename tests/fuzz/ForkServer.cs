using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace Insula.Fuzz;

/// <summary>
/// The program's side of what afl-fuzz says to a fork server, in one process. SharpFuzz's own reads the first input before it was asked to, which on a busy
/// machine is before there is any: a target that does nothing with no input then has no instruments as far as the fuzzer sees.
/// </summary>
internal static unsafe partial class ForkServer
{
    private const string Requests = "198";
    private const string Answers = "199";
    private const int MapSize = 1 << 16;

    // As of a process that a signal (SIGABRT) has ended.
    private const int Crashed = 6;

    /// <summary>Serves afl-fuzz until it ends.</summary>
    /// <param name="target">What gets each input.</param>
    public static void Run(Action<byte[]> target)
    {
        var name = Environment.GetEnvironmentVariable("__AFL_SHM_ID") ?? throw new InvalidOperationException("this is run by afl-fuzz; name files to run those");
        var map = (byte*)shmat(int.Parse(name, CultureInfo.InvariantCulture), 0, 0);
        if ((nint)map == -1)
        {
            throw new InvalidOperationException($"the map {name} of afl-fuzz cannot be had: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        SharpFuzz.Common.Trace.SharedMem = map;
        using var requests = new BinaryReader(new AnonymousPipeClientStream(PipeDirection.In, Requests));
        using var answers = new BinaryWriter(new AnonymousPipeClientStream(PipeDirection.Out, Answers));
        using var stdin = Console.OpenStandardInput();
        answers.Write(0);
        for (var isFirst = true; ; isFirst = false)
        {
            requests.ReadInt32();
            answers.Write(Environment.ProcessId);
            using var input = new MemoryStream();
            stdin.CopyTo(input);
            if (isFirst)
            {
                // What is done once in a process belongs to no input.
                Status(target, input.ToArray());
                new Span<byte>(map, MapSize).Clear();
            }

            answers.Write(Status(target, input.ToArray()));
        }
    }

    private static int Status(Action<byte[]> target, byte[] input)
    {
        try
        {
            target(input);
            return 0;
        }
        catch (Exception)
        {
            return Crashed;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint shmat(int id, nint address, int flags);
}

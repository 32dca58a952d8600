using Microsoft.Win32.SafeHandles;

namespace Insula.Cli.Client;

/// <summary>
/// Standard input and outputs byte for byte. On a terminal the framework's own would read by the line, with an echo of theirs, and send
/// control sequences before what is written; elsewhere they are just right.
/// </summary>
internal static class StandardStreams
{
    public static Stream OpenInput() => Console.IsInputRedirected ? Console.OpenStandardInput() : Open(0, FileAccess.Read);

    public static Stream OpenOutput() => Console.IsOutputRedirected ? Console.OpenStandardOutput() : Open(1, FileAccess.Write);

    public static Stream OpenError() => Console.IsErrorRedirected ? Console.OpenStandardError() : Open(2, FileAccess.Write);

    private static FileStream Open(int descriptor, FileAccess access) =>
        new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);
}

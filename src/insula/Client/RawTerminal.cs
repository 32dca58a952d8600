using System.Runtime.InteropServices;

namespace Insula.Cli.Client;

/// <summary>
/// Puts the terminal of standard input into raw mode and, at the end, back into the mode it was in (termios(3)): every key goes to the
/// container's terminal, ^C too, and that one alone edits, echoes and ends lines. No stty(1): whenever a child of ours ends, the
/// framework gives the terminal modes of its own.
/// </summary>
internal sealed unsafe partial class RawTerminal : IDisposable
{
    private const int StandardInput = 0;
    private const int TCSADRAIN = 1;
    private const nuint TIOCGWINSZ = 0x5413;

    // A struct termios, which has 60 bytes, and into which nobody needs to look.
    private readonly byte[] _before = new byte[128];

    public RawTerminal()
    {
        var raw = new byte[_before.Length];
        fixed (byte* before = _before, mode = raw)
        {
            Check(tcgetattr(StandardInput, before), "tcgetattr");
            _before.CopyTo(raw, 0);
            cfmakeraw(mode);
            Check(tcsetattr(StandardInput, TCSADRAIN, mode), "tcsetattr");
        }
    }

    /// <summary>Whether standard input is a terminal; if it is none, that is said.</summary>
    public static bool IsThere()
    {
        if (Console.IsInputRedirected)
        {
            Console.Error.WriteLine("Unable to use a TTY - input is not a terminal or the right kind of file");
        }

        return !Console.IsInputRedirected;
    }

    /// <summary>Columns and rows; zeros where nobody knows them.</summary>
    public static (int Columns, int Rows) Size()
    {
        var size = stackalloc ushort[4]; // struct winsize: rows, columns, pixels both ways
        return ioctl(StandardInput, TIOCGWINSZ, size) == 0 ? (size[1], size[0]) : (0, 0);
    }

    public void Dispose()
    {
        fixed (byte* before = _before)
        {
            // Fails when the terminal is gone: then there is nothing to put back.
            _ = tcsetattr(StandardInput, TCSADRAIN, before);
        }
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw new CommandException($"the terminal cannot be set: {call}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int descriptor, byte* mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int descriptor, int when, byte* mode);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(byte* mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, ushort* size);
}

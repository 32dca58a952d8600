#if FAILPOINTS
using System.Collections.Concurrent;
using System.Globalization;
#endif
using System.Diagnostics;

namespace Insula.Failpoints;

/// <summary>
/// A place between an act and its record, or a record and its act, at which a test can end the daemon, hold it up, or have it fail.
/// Compiled into every project that acts, as source, since no project is below all of them. Only a build with <c>-p:Failpoints=true</c>
/// has any: everywhere else the compiler leaves the calls out.
/// </summary>
/// <remarks>
/// The environment's <c>INSULA_FAILPOINTS</c> names a directory. <c>hits/NAME</c> appears in it when a place is reached. A file
/// <c>armed</c> with <c>NAME=kill|error|delay:MILLISECONDS[@N]</c> takes effect once, the N-th time from now that the place is reached;
/// it is then <c>fired</c>.
/// </remarks>
internal static class Failpoint
{
    /// <summary>A place where the daemon may end, but nothing can fail.</summary>
    /// <param name="name">A literal, of the whole program only once: tests find all of them in the sources.</param>
    [Conditional("FAILPOINTS")]
    public static void Hit(string name)
    {
#if FAILPOINTS
        Reach(name, () => new InvalidOperationException($"nothing fails at {name}"));
#endif
    }

    /// <summary>A place where, besides, what is done next or was done last may fail.</summary>
    /// <param name="name">As in <see cref="Hit"/>.</param>
    /// <param name="failure">What such a failure throws, where that is no <see cref="IOException"/>.</param>
    [Conditional("FAILPOINTS")]
    public static void MayFail(string name, Func<Exception>? failure = null)
    {
#if FAILPOINTS
        Reach(name, failure ?? (() => new IOException($"failpoint {name}")));
#endif
    }

#if FAILPOINTS
    private static readonly string? s_directory = Environment.GetEnvironmentVariable("INSULA_FAILPOINTS");
    private static readonly ConcurrentDictionary<string, int> s_counts = new();

    private static void Reach(string name, Func<Exception> failure)
    {
        if (s_directory is null)
        {
            return;
        }

        Tell(Path.Combine(s_directory, "hits", name));
        if (Arms(name) is { } action)
        {
            Act(name, action, failure);
        }
    }

    private static void Tell(string path)
    {
        while (!File.Exists(path))
        {
            try
            {
                using var told = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
                return;
            }
            catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException && Directory.Exists(Path.GetDirectoryName(path)))
            {
                // What is opened to be made is "not there" for the kernel, too, when a test takes it away in that moment.
            }
        }
    }

    private static string? Arms(string name)
    {
        var armed = Path.Combine(s_directory!, "armed");
        try
        {
            var text = File.ReadAllText(armed).Trim();
            if (text.Split('=', '@') is not [var wanted, var action, .. var number] || wanted != name)
            {
                return null;
            }

            var nth = number is [var n] ? int.Parse(n, CultureInfo.InvariantCulture) : 1;
            if (s_counts.AddOrUpdate(text, 1, (_, count) => count + 1) < nth)
            {
                return null;
            }

            // Of several that come here at once, one takes it.
            File.Move(armed, Path.Combine(s_directory!, "fired"), overwrite: true);
            s_counts.TryRemove(text, out _);
            return action;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static void Act(string name, string action, Func<Exception> failure)
    {
        switch (action.Split(':'))
        {
            case ["kill"]:
                Process.GetCurrentProcess().Kill();
                Thread.Sleep(Timeout.Infinite);
                break;
            case ["error"]:
                throw failure();
            case ["delay", var milliseconds]:
                Thread.Sleep(int.Parse(milliseconds, CultureInfo.InvariantCulture));
                break;
            default:
                throw new InvalidOperationException($"failpoint {name}: there is no action {action}");
        }
    }
#endif
}

namespace Insula.Linux.Elf;

/// <summary>A program of this machine with all that its loader loads with it.</summary>
/// <param name="Program">The program's file.</param>
/// <param name="Interpreter">The loader, by the path that the program names, and where it is.</param>
/// <param name="Libraries">The libraries by name, and where they are.</param>
public sealed record ProgramFiles(string Program, (string Named, string File) Interpreter, IReadOnlyDictionary<string, string> Libraries)
{
    private const int MostFiles = 200;
    private const long LargestFile = 256 << 20;

    private static readonly string[] s_directories = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

    /// <summary>Finds them; says what is missing when one is. Nothing of the program is run for it.</summary>
    /// <param name="program">The program.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">The program is none that a loader starts.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ProgramFiles Of(string program)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        var cache = File.Exists("/etc/ld.so.cache") ? File.ReadAllBytes("/etc/ld.so.cache") : [];
        var file = Final(program);
        var elf = Read(file) ?? throw new InvalidDataException($"{program} is no program");
        var named = elf.Interpreter ?? throw new InvalidDataException($"{program} wants no loader");
        var loader = Path.GetFileName(named);
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var wanted = new Queue<string>(elf.Libraries);
        while (wanted.TryDequeue(out var library))
        {
            // The loader is there already, whoever names it as a library.
            if (library == loader || found.ContainsKey(library))
            {
                continue;
            }

            if (library.Contains('/', StringComparison.Ordinal) || found.Count >= MostFiles)
            {
                throw new InvalidDataException($"{program} needs {library}: no library of a usual kind");
            }

            var (place, needs) = Find(cache, library, elf.Machine) ?? throw new FileNotFoundException($"{program} needs {library}, which is not there", library);
            found[library] = place;
            foreach (var next in needs.Libraries)
            {
                wanted.Enqueue(next);
            }
        }

        return new ProgramFiles(file, (named, Final(named)), found);
    }

    private static (string File, ElfFile Elf)? Find(byte[] cache, string library, ushort machine)
    {
        foreach (var place in LoaderCache.Find(cache, library).Concat(s_directories.Select(d => Path.Combine(d, library))))
        {
            if (File.Exists(place) && Read(Final(place)) is { } elf && elf.Machine == machine)
            {
                return (Final(place), elf);
            }
        }

        return null;
    }

    private static ElfFile? Read(string file) =>
        new FileInfo(file).Length > LargestFile ? throw new InvalidDataException($"{file} is too large to be a program") : ElfFile.Parse(File.ReadAllBytes(file));

    // The file itself: links may lead elsewhere after the next update, and what was found is one version of all.
    private static string Final(string path)
    {
        var at = "/";
        var left = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        for (var links = 0; left.TryPop(out var part);)
        {
            if (part is "." or "..")
            {
                at = part == ".." ? Path.GetDirectoryName(at) ?? "/" : at;
                continue;
            }

            var next = Path.Combine(at, part);
            var link = new FileInfo(next).LinkTarget;
            if (link is null)
            {
                at = next;
                continue;
            }

            if (++links > 40)
            {
                throw new IOException($"{path}: too many links");
            }

            at = link.StartsWith('/') ? "/" : at;
            foreach (var piece in link.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                left.Push(piece);
            }
        }

        return File.Exists(at) ? at : throw new FileNotFoundException($"{path} is not there", path);
    }
}

using Insula.Fuzz;
using SharpFuzz;

if (args is not [var name, .. var files] || Targets.Find(name) is not { } target)
{
    Console.Error.WriteLine($"usage: Insula.Fuzz TARGET [FILE…] — under afl-fuzz without files; with them, each once\ntargets: {string.Join(' ', Targets.Names)}");
    return 2;
}

if (files.Length == 0)
{
    Fuzzer.Run(stream =>
    {
        using var input = new MemoryStream();
        stream.CopyTo(input);
        target(input.ToArray());
    });
    return 0;
}

foreach (var file in files)
{
    try
    {
        target(File.ReadAllBytes(file));
    }
    catch (Exception e)
    {
        Console.Error.WriteLine($"{name}: {file}: {e}");
        return 1;
    }
}

Console.WriteLine($"{name}: {files.Length} inputs");
return 0;

using Insula.Fuzz;

if (args is not [var name, .. var files] || Targets.Find(name) is not { } target)
{
    Console.Error.WriteLine($"usage: Insula.Fuzz TARGET [FILE…] — under afl-fuzz without files; with them, each once\ntargets: {string.Join(' ', Targets.Names)}");
    return 2;
}

if (files.Length == 0)
{
    ForkServer.Run(target);
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

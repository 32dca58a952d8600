namespace Insula.Store.Disk;

/// <summary>Primary result codes, <see href="https://www.sqlite.org/rescode.html"/>.</summary>
internal static class SqliteErrors
{
    public const int InputOutput = 10;
    public const int Corrupt = 11;
    public const int Full = 13;
    public const int NotADatabase = 26;
}

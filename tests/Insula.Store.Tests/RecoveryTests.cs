using Microsoft.Data.Sqlite;
using static Insula.Store.Tests.StoreDirectory;

namespace Insula.Store.Tests;

public sealed class RecoveryTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task An_acknowledged_write_survives_a_crash_and_versions_go_up()
    {
        await using var directory = new StoreDirectory();
        var created = await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        await using var after = directory.Crash();
        Assert.Equal(created.ResourceVersion, after.Store.Get(Pod("web"))!.ResourceVersion);
        Assert.Equal(created.Uid, after.Store.Get(Pod("web"))!.Uid);
        var next = await after.Store.CreateAsync(Pod("other"), Document("other"), None);
        Assert.True(next.ResourceVersion > created.ResourceVersion);
    }

    [Fact]
    public async Task What_was_seen_of_a_status_outlives_the_daemon()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.CreateAsync(Pod("web"), Document("web", image: "0"), None);
        await directory.Store.UpdateAsync(Pod("web"), SetImage("1"), UpdateOptions.Status, None);
        await using var after = directory.Crash();
        Assert.Equal("1", (string?)after.Store.Get(Pod("web"))!.ToDocument()["spec"]!["image"]);
    }

    [Fact]
    public async Task Coalesced_versions_lost_in_a_crash_are_never_given_again()
    {
        await using var directory = new StoreDirectory(new StoreOptions { Directory = "", CoalesceDelay = TimeSpan.FromHours(1) });
        await directory.Store.CreateAsync(Pod("web"), Document("web", image: "0"), None);
        var newest = 0L;
        for (var i = 1; i <= 20; i++)
        {
            newest = (await directory.Store.UpdateAsync(Pod("web"), SetImage($"{i}"), UpdateOptions.Status, None)).ResourceVersion;
        }

        await using var after = directory.Crash();
        Assert.Equal("0", (string?)after.Store.Get(Pod("web"))!.ToDocument()["spec"]!["image"]);
        Assert.True(after.Store.ResourceVersion > newest);
        var gone = Assert.Throws<StoreException>(() => after.Store.Watch("pods", null, newest));
        Assert.Equal(StoreError.Gone, gone.Error);
    }

    [Fact]
    public async Task Coalesced_writes_reach_the_disk_by_themselves_and_with_the_next_full_one()
    {
        await using var directory = new StoreDirectory(new StoreOptions { Directory = "", CoalesceDelay = TimeSpan.FromHours(1) });
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), UpdateOptions.Status, None);
        await directory.Store.CreateAsync(Pod("other"), Document("other"), None);
        await using (var after = directory.Crash())
        {
            Assert.Equal("b", (string?)after.Store.Get(Pod("web"))!.ToDocument()["spec"]!["image"]);
        }

        await directory.Store.UpdateAsync(Pod("web"), SetImage("c"), UpdateOptions.Status, None);
        var reopened = await directory.ReopenAsync();
        Assert.Equal("c", (string?)reopened.Get(Pod("web"))!.ToDocument()["spec"]!["image"]);
    }

    [Fact]
    public async Task A_clean_restart_keeps_the_exact_version_so_that_watches_go_on()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var before = directory.Store.ResourceVersion;
        var reopened = await directory.ReopenAsync();
        Assert.Equal(before, reopened.ResourceVersion);
        using var watch = reopened.Watch("pods", null, before);
        await reopened.UpdateAsync(Pod("web"), SetImage("b"), UpdateOptions.Default, None);
        Assert.Equal(before + 1, (await watch.Events.ReadAsync(None)).ResourceVersion);
    }

    [Fact]
    public async Task A_deleted_object_stays_deleted()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        await directory.Store.DeleteAsync(Pod("web"), Preconditions.None, None);
        Assert.Null((await directory.ReopenAsync()).Get(Pod("web")));
    }

    [Fact]
    public async Task Files_are_the_owners_alone()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var files = Directory.GetFiles(directory.Path);
        Assert.Contains(files, f => f.EndsWith("state.db-wal", StringComparison.Ordinal));
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public async Task A_newer_database_is_refused_untouched_and_copied()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.DisposeAsync();
        Execute(directory, "PRAGMA user_version = 7");
        var refusal = Assert.Throws<StoreException>(directory.Open);
        Assert.Equal(StoreError.Unusable, refusal.Error);
        Assert.Contains("schema 7", refusal.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(directory.Path, "state.db.newer-v7-*"));
        Assert.Throws<StoreException>(directory.Open);
        Assert.Single(Directory.GetFiles(directory.Path, "state.db.newer-v7-*"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task A_corrupted_database_is_refused_and_its_copy_named(int offset)
    {
        await using var directory = new StoreDirectory();
        for (var i = 0; i < 50; i++)
        {
            await directory.Store.CreateAsync(Pod($"web-{i}"), Document($"web-{i}", image: new string('x', 2000)), None);
        }

        await directory.Store.DisposeAsync();
        await using (var file = File.OpenWrite(Path.Combine(directory.Path, "state.db")))
        {
            file.Seek(offset, SeekOrigin.Begin);
            file.Write(new byte[8192].Select(_ => (byte)0xA5).ToArray());
        }

        var refusal = Assert.Throws<StoreException>(directory.Open);
        Assert.Equal(StoreError.Unusable, refusal.Error);
        var copy = Assert.Single(Directory.GetFiles(directory.Path, "state.db.corrupted-*Z"));
        Assert.Contains(copy, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_database_is_refused()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.DisposeAsync();
        File.Delete(Path.Combine(directory.Path, "state.db"));
        Execute(directory, "CREATE TABLE t (x)");
        Assert.Contains("not one of insulad", Assert.Throws<StoreException>(directory.Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_full_disk_writes_are_refused_whole_deletion_works_and_statuses_stay_visible()
    {
        await using var directory = new StoreDirectory(new StoreOptions { Directory = "", MaxPages = 30, CoalesceDelay = TimeSpan.FromHours(1) });
        var store = directory.Store;
        StoreException? refusal = null;
        var written = 0;
        while (refusal is null && written < 100)
        {
            try
            {
                await store.CreateAsync(Pod($"web-{written}"), Document($"web-{written}", image: new string('x', 3000)), None);
                written++;
            }
            catch (StoreException e)
            {
                refusal = e;
            }
        }

        Assert.Equal(StoreError.Disk, refusal!.Error);
        Assert.Contains("full", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(written, store.List("pods", null).Items.Count);
        await store.UpdateAsync(Pod("web-0"), SetImage("b"), UpdateOptions.Status, None);
        Assert.Equal("b", (string?)store.Get(Pod("web-0"))!.ToDocument()["spec"]!["image"]);
        Assert.NotNull(await store.DeleteAsync(Pod("web-1"), Preconditions.None, None));
        await store.CreateAsync(Pod("small"), Document("small"), None);
    }

    private static void Execute(StoreDirectory directory, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory.Path, "state.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

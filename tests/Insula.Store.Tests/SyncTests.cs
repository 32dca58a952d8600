using Insula.Linux;
using Insula.Linux.Files;
using Microsoft.Data.Sqlite;
using static Insula.Store.Tests.StoreDirectory;

namespace Insula.Store.Tests;

public sealed class SyncTests
{
    private const int InputOutputError = 5;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Who_was_promised_a_sync_waits_for_it_and_all_others_see_the_change_before()
    {
        using var disk = new Disk();
        await using var directory = new StoreDirectory(sync: disk.Sync);
        using var watch = directory.Store.Watch("pods", null, null);
        disk.Hold();
        var created = directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var seen = await watch.Events.ReadAsync(None).AsTask().WaitAsync(Deadline);
        Assert.Equal("web", seen.Object!.Key.Name);
        Assert.False(created.IsCompleted);
        await using (var after = directory.Crash())
        {
            // The daemon's death takes nothing back that was seen.
            Assert.NotNull(after.Store.Get(Pod("web")));
        }

        disk.LetGo();
        await created.WaitAsync(Deadline);
    }

    [Fact]
    public async Task What_is_prompt_is_answered_first_and_synced_unasked()
    {
        using var disk = new Disk();
        await using var directory = new StoreDirectory(sync: disk.Sync);
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        disk.Hold();
        await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), UpdateOptions.Default with { Durability = Durability.Prompt }, None).WaitAsync(Deadline);
        await disk.Asked.WaitAsync(Deadline);
        disk.LetGo();
    }

    [Fact]
    public async Task What_is_coalesced_is_not_synced()
    {
        using var disk = new Disk();
        await using var directory = new StoreDirectory(sync: disk.Sync);
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var before = disk.Syncs;
        await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), UpdateOptions.Status, None);
        await directory.Store.UpdateAsync(Pod("web"), SetImage("c"), UpdateOptions.Status, None);
        Assert.Equal(before, disk.Syncs);
    }

    [Fact]
    public async Task After_a_sync_that_failed_the_log_s_pages_go_into_the_database_instead()
    {
        using var disk = new Disk();
        await using var directory = new StoreDirectory(sync: disk.Sync);
        disk.Fails = true;
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None).WaitAsync(Deadline);
        Assert.Equal(0, new FileInfo(Path.Combine(directory.Path, "state.db-wal")).Length);
        Assert.Empty(directory.Reports);
    }

    [Fact]
    public async Task When_nothing_confirms_a_change_its_caller_is_told_and_a_later_sync_does_not_count()
    {
        using var disk = new Disk();
        await using var directory = new StoreDirectory(sync: disk.Sync);
        await directory.Store.CreateAsync(Pod("first"), Document("first"), None);
        disk.Fails = true;
        using (var reader = Read(directory))
        {
            var doubt = await Assert.ThrowsAsync<StoreException>(() => directory.Store.CreateAsync(Pod("web"), Document("web"), None).WaitAsync(Deadline));
            Assert.Equal(StoreError.Disk, doubt.Error);
            Assert.Contains("a power cut may take the change back", doubt.Message, StringComparison.Ordinal);
            Assert.Equal(doubt.Message, Assert.Single(directory.Reports));
            Assert.NotNull(directory.Store.Get(Pod("web")));

            // The kernel would confirm now what it has dropped.
            disk.Fails = false;
            await Assert.ThrowsAsync<StoreException>(() => directory.Store.CreateAsync(Pod("next"), Document("next"), None).WaitAsync(Deadline));
        }

        await directory.Store.CreateAsync(Pod("last"), Document("last"), None).WaitAsync(Deadline);
        Assert.Equal(0, new FileInfo(Path.Combine(directory.Path, "state.db-wal")).Length);
        var before = disk.Syncs;
        await directory.Store.CreateAsync(Pod("after"), Document("after"), None).WaitAsync(Deadline);
        Assert.Equal(before + 1, disk.Syncs);
    }

    /// <summary>Somebody in the midst of reading the database, who keeps its log from being emptied.</summary>
    private static SqliteConnection Read(StoreDirectory directory)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(directory.Path, "state.db"), Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN; SELECT count(*) FROM objects";
        command.ExecuteScalar();
        return connection;
    }

    /// <summary>A disk that takes its time, or fails.</summary>
    private sealed class Disk : IDisposable
    {
        private readonly ManualResetEventSlim _gate = new(true);
        private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _syncs;

        public int Syncs => Volatile.Read(ref _syncs);

        public bool Fails { get; set; }

        public Task Asked => _asked.Task;

        public void Hold()
        {
            _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _gate.Reset();
        }

        public void LetGo() => _gate.Set();

        public void Sync(Descriptor file)
        {
            Interlocked.Increment(ref _syncs);
            _asked.TrySetResult();
            _gate.Wait(Deadline);
            if (Fails)
            {
                throw new LinuxException("fdatasync", null, InputOutputError);
            }

            Entries.SyncData(file);
        }

        public void Dispose()
        {
            _gate.Set();
            _gate.Dispose();
        }
    }
}

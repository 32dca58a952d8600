using Insula.Linux;
using Insula.Linux.LibC;
using Microsoft.Data.Sqlite;

namespace Insula.Store.Disk;

/// <summary>
/// The SQLite file. Not thread-safe: after opening it belongs to the store's writer thread. In WAL mode with
/// <c>synchronous=NORMAL</c> a commit is in the write-ahead log when it returns, where the kernel has it and the disk may
/// not; <see cref="Sync"/> has the disk confirm all of them, and a power cut takes the newest of the others, never one between.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>Bumped with every change of the tables; a program refuses files of a later one.</summary>
    public const int SchemaVersion = 1;

    /// <summary>"Insu": marks the file as ours.</summary>
    private const int ApplicationId = 0x496E7375;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _setVersion;
    private readonly Action<Descriptor> _sync;
    private Descriptor? _log;
    private bool _isLogInDoubt;

    private Database(SqliteConnection connection, Action<Descriptor> sync)
    {
        _connection = connection;
        _sync = sync;
        _upsert = Command(
            "INSERT INTO objects (resource, namespace, name, uid, version, document) VALUES ($r, $ns, $n, $u, $v, $d) "
            + "ON CONFLICT (resource, namespace, name) DO UPDATE SET uid = $u, version = $v, document = $d",
            "$r", "$ns", "$n", "$u", "$v", "$d");
        _delete = Command("DELETE FROM objects WHERE resource = $r AND namespace = $ns AND name = $n", "$r", "$ns", "$n");
        _setVersion = Command("UPDATE meta SET value = $v WHERE key = 'version-limit'", "$v");
    }

    /// <summary>Opens or creates <c>state.db</c> with mode 0600.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxPages">As in <see cref="StoreOptions.MaxPages"/>.</param>
    /// <param name="sync">Syncs the write-ahead log: fdatasync(2).</param>
    /// <exception cref="StoreException"><see cref="StoreError.Unusable"/> when the file is newer, foreign or corrupted.</exception>
    public static Database Open(string path, long maxPages, Action<Descriptor> sync)
    {
        // SQLite would create the file by the umask; its -wal and -shm take over the mode they find here.
        if (!File.Exists(path))
        {
            using var created = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        else
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Prepare(connection, path, maxPages);
            return new Database(connection, sync);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SqliteErrors.Corrupt or SqliteErrors.NotADatabase)
        {
            var message = DatabaseBackup.Refusal(path, "corrupted", $"is corrupted ({e.Message})");
            connection.Dispose();
            throw new StoreException(StoreError.Unusable, message, e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The version no object on disk is above.</summary>
    public long ReadVersionLimit() => ReadLong(_connection, "SELECT value FROM meta WHERE key = 'version-limit'");

    /// <summary>Every object.</summary>
    public IEnumerable<DatabaseRow> ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT resource, namespace, name, uid, version, document FROM objects";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return new DatabaseRow(
                new ObjectKey(reader.GetString(0), reader.GetString(1), reader.GetString(2)),
                reader.GetString(3),
                reader.GetInt64(4),
                (byte[])reader.GetValue(5));
        }
    }

    /// <summary>Writes rows, and a new version limit when given, in one transaction.</summary>
    /// <exception cref="StoreException"><see cref="StoreError.Disk"/>; nothing was written.</exception>
    public void Commit(IEnumerable<DatabaseRow> rows, long? versionLimit)
    {
        try
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            foreach (var row in rows)
            {
                Write(row, transaction);
            }

            if (versionLimit is { } limit)
            {
                _setVersion.Transaction = transaction;
                _setVersion.Parameters[0].Value = limit;
                _setVersion.ExecuteNonQuery();
            }

            Failpoint.MayFail("store.batch.uncommitted", () => new SqliteException("failpoint", SqliteErrors.InputOutput));
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            var what = e.SqliteErrorCode == SqliteErrors.Full ? "the disk is full" : e.Message;
            throw new StoreException(StoreError.Disk, $"cannot write {_connection.DataSource}: {what}", e);
        }
    }

    /// <summary>
    /// Returns when the disk has all that was committed. What a failed sync left unwritten the kernel counts as written, so
    /// another would promise too much: then the log's pages go into the database, and that is synced.
    /// </summary>
    /// <exception cref="StoreException"><see cref="StoreError.Disk"/>; what was committed is there, but a power cut may take it.</exception>
    public void Sync()
    {
        try
        {
            // Beside SQLite's own descriptor: its locks are on other files, so that closing this one loses none.
            _log ??= Descriptor.Open(_connection.DataSource + "-wal", fcntl.O_RDWR);
            Failpoint.MayFail("store.batch.unsynced", () => new LinuxException("fdatasync", "failpoint", (int)Errno.EIO));
            if (!_isLogInDoubt)
            {
                _sync(_log);
                return;
            }
        }
        catch (LinuxException)
        {
            _isLogInDoubt = true;
        }

        // A failure is told once to each descriptor: SQLite's own learns of it by the first attempt.
        if (!TryCheckpoint() && !TryCheckpoint())
        {
            throw new StoreException(StoreError.Disk, $"{_connection.DataSource} was changed, but the disk has not confirmed it: a power cut may take the change back");
        }

        _isLogInDoubt = false;
    }

    /// <summary>Moves the write-ahead log into the database and empties it. It may fail for want of room, which loses nothing.</summary>
    /// <returns>Whether the log is empty now.</returns>
    public bool TryCheckpoint()
    {
        try
        {
            // The first column of its only row tells whether somebody's reading kept it from being done.
            return ReadLong(_connection, "PRAGMA wal_checkpoint(TRUNCATE)") == 0;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SqliteErrors.Full or SqliteErrors.InputOutput)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _upsert.Dispose();
        _delete.Dispose();
        _setVersion.Dispose();
        _connection.Dispose();
        _log?.Dispose();
    }

    private static void Prepare(SqliteConnection connection, string path, long maxPages)
    {
        var version = ReadLong(connection, "PRAGMA user_version");
        var application = ReadLong(connection, "PRAGMA application_id");
        if (version > SchemaVersion && application == ApplicationId)
        {
            throw new StoreException(StoreError.Unusable, DatabaseBackup.Refusal(
                path, $"newer-v{version}", $"has schema {version}, this insulad knows up to {SchemaVersion}: it was written by a newer one, start that"));
        }

        var fresh = version == 0 && ReadLong(connection, "SELECT count(*) FROM sqlite_master") == 0;
        if (!fresh && application != ApplicationId)
        {
            throw new StoreException(StoreError.Unusable, $"{path} is a SQLite database, but not one of insulad: choose another --root, or move the file away");
        }

        Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512; PRAGMA journal_size_limit = 4194304; PRAGMA temp_store = MEMORY");
        if (maxPages > 0)
        {
            Execute(connection, $"PRAGMA max_page_count = {maxPages}");
        }

        if (fresh)
        {
            // user_version is in the same transaction as the tables: a crash leaves an empty file or a whole one.
            Execute(
                connection,
                $"""
                BEGIN IMMEDIATE;
                CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE objects (
                    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
                    uid TEXT NOT NULL, version INTEGER NOT NULL, document BLOB NOT NULL,
                    PRIMARY KEY (resource, namespace, name));
                INSERT INTO meta (key, value) VALUES ('version-limit', 0);
                PRAGMA application_id = {ApplicationId};
                PRAGMA user_version = {SchemaVersion};
                COMMIT;
                """);
            return;
        }

        using var check = connection.CreateCommand();
        check.CommandText = "PRAGMA quick_check(1)";
        var result = (string?)check.ExecuteScalar();
        if (result != "ok")
        {
            throw new StoreException(StoreError.Unusable, DatabaseBackup.Refusal(path, "corrupted", $"is corrupted ({result})"));
        }
    }

    private void Write(DatabaseRow row, SqliteTransaction transaction)
    {
        var command = row.Document is null ? _delete : _upsert;
        command.Transaction = transaction;
        command.Parameters[0].Value = row.Key.Resource;
        command.Parameters[1].Value = row.Key.Namespace;
        command.Parameters[2].Value = row.Key.Name;
        if (row.Document is { } document)
        {
            command.Parameters[3].Value = row.Uid;
            command.Parameters[4].Value = row.Version;
            command.Parameters[5].Value = document.ToArray();
        }

        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static long ReadLong(SqliteConnection connection, string query)
    {
        using var command = connection.CreateCommand();
        command.CommandText = query;
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
